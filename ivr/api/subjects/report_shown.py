"""A report as the interface tells it."""

from __future__ import annotations

from datetime import date

from pydantic import BaseModel, Field

from ivr.reports.report import Figure, Report


class ReportShown(BaseModel):
    """Figures: times are seconds, shares fractions; what is not defined is null."""

    report: str
    first: date
    last: date
    zone: str
    terms: dict[str, Figure] = Field(description="What it was computed by")
    rows: list[dict[str, Figure]]
    total: dict[str, Figure] | None = Field(description="Over all rows, where that has a meaning")

    @classmethod
    def of(cls, report: Report) -> ReportShown:
        return cls(
            report=report.name,
            first=report.period.first,
            last=report.period.last,
            zone=str(report.period.zone),
            terms=dict(report.terms),
            rows=[{one.name: row.get(one.name) for one in report.all_columns} for row in report.rows],
            total={one.name: report.total.get(one.name) for one in report.columns} if report.total else None,
        )
