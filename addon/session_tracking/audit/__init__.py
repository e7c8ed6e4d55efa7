"""Findings about exchanges: rules, severities, remedies."""
