"""The sandbox's pages and endpoints: Flask, thin over `sandbox.sas`."""

from sandbox.web.application import create_application

__all__ = ["create_application"]
