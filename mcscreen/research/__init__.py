"""For those who study reflection: tables, estimators, comparisons and coding over many texts.

Everything that a researcher imports is here; names are resolved when they are first used, so that importing this package
loads no heavy package. It stands above the rest because it puts sentences, labels, indicators and screenings together.
"""
