"""The look of a diagram. Text keeps a contrast of at least 4.5 to 1 on its ground, light and dark."""

from __future__ import annotations

from collections.abc import Mapping

from dialogs.coverage import State

MARKS: Mapping[State, str] = {"covered": "✓", "partly": "½", "missed": "✗"}

STYLE = """
.ivr-flow text{stroke:none}
.paper{fill:#fff}
.heading{font-size:24px;font-weight:700;fill:#1d2733}
.sum{font-size:16px;font-weight:600;fill:#1d2733}.end{text-anchor:end}.mid{text-anchor:middle}
.lead{font-size:14px;fill:#4a5563}.small{font-size:12px}
.shape{stroke-width:1.5}
.says{fill:#edf3fd;stroke:#3566a8}.asks{fill:#fff5d6;stroke:#8f6a00}.bar.asks{stroke-width:4}
.looks_up{fill:#e9f6ee;stroke:#2a7a4b}.decides{fill:#f4ecfb;stroke:#73479e}
.does{fill:#f1f3f5;stroke:#6a7480}.people{fill:#fde8df;stroke:#b0431a}.ends{fill:#2b3645;stroke:#2b3645}
.caption{font-size:11px;fill:#4f5a67}.title{font-size:15px;font-weight:600;fill:#17202b}
.said{font-size:13px;fill:#2b3645}.note{font-size:12px;fill:#545f6c;font-style:italic}
.ends text{fill:#fff}
.rule{stroke:#8a94a0;stroke-width:.7;fill:none}
.arrow{fill:none;stroke:#46525f;stroke-width:1.6}
.arrow.light{stroke:#8b95a1;stroke-dasharray:5 4}.arrow.unused{stroke-opacity:.45}
.head.strong{fill:#46525f}.head.light{fill:#8b95a1}
.label{font-size:12px;fill:#26313d}.label.light{fill:#545f6c}.label-paper{fill:#fff;fill-opacity:.92}
.badge{fill:#fff;stroke:#8a94a0}.badge-text{font-size:11px;font-weight:700;fill:#17202b}
.badge.ended{fill:#b3261e;stroke:#b3261e}.badge-text.ended{fill:#fff}
.covered>.shape{fill:#e2f4e6;stroke:#22703a}.partly>.shape{fill:#fff1c9;stroke:#8f6a00}
.missed>.shape{fill:#fde3e1;stroke:#b3261e}
.covered text,.partly text,.missed text{fill:#17202b}
.badge.covered{fill:#22703a;stroke:#22703a}.badge.partly{fill:#8f6a00;stroke:#8f6a00}
.badge.missed{fill:#b3261e;stroke:#b3261e}
.covered .badge-text,.partly .badge-text,.missed .badge-text{fill:#fff}
@media (prefers-color-scheme:dark){
.paper,.label-paper{fill:#161b22}.heading,.sum{fill:#eef2f6}.lead{fill:#b4bec9}
.says{fill:#1b2a40;stroke:#7fabe6}.asks{fill:#352b0d;stroke:#d9b54a}.looks_up{fill:#16301f;stroke:#6fc492}
.decides{fill:#2c2039;stroke:#c09be4}.does{fill:#262c34;stroke:#9aa5b1}.people{fill:#3a2017;stroke:#f0936b}
.ends{fill:#d8dee6;stroke:#d8dee6}.ends text{fill:#17202b}
.caption,.note{fill:#b4bec9}.title{fill:#f2f5f8}.said{fill:#d5dce4}.arrow{stroke:#a9b4c0}
.arrow.light{stroke:#76818d}.head.strong{fill:#a9b4c0}.head.light{fill:#76818d}
.label{fill:#e3e8ee}.label.light{fill:#b4bec9}
.covered>.shape{fill:#143020;stroke:#6fc492}.partly>.shape{fill:#352b0d;stroke:#d9b54a}
.missed>.shape{fill:#3d1917;stroke:#ff8a80}
.covered text,.partly text,.missed text{fill:#f2f5f8}
}
"""
