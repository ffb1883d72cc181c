"""What can be wrong with a FreeSWITCH configuration before FreeSWITCH ever sees it."""

from __future__ import annotations

from esl.errors import EslError


class SwitchConfigurationError(EslError):
    """A value cannot become part of a FreeSWITCH configuration. `str()` is one line with the remedy."""

    code = "esl.switch_configuration"


class SwitchFolderError(EslError):
    """The folder of the configuration cannot be read or written. `str()` is one line with the remedy."""

    code = "esl.switch_folder"
