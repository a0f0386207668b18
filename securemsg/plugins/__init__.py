"""Plugins that come along: one file each, importing only what `securemsg` itself exports."""
