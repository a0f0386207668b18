"""Whether the plugins that are named can be loaded, and what they would be told can be read."""

from securemsg.checks.finding import Patient, Skipped
from securemsg.registry import Registry


def loaded(patient: Patient) -> str:
    """As the service loads them; Misconfigured says what is wrong."""
    settings = patient.settings
    if not settings.plugins:
        raise Skipped
    registry = Registry.of_service(settings)
    told = f"These plugins are loaded: {', '.join(registry.names)}."
    return told if settings.smtp_url else f"{told} There is no mail server (SECUREMSG_SMTP_URL), so none of them sends mails."
