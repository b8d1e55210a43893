"""The PraisonAI platform."""

from praisonai_platform.api.app import create_app

app = create_app()
