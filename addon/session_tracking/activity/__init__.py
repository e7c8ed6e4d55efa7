"""Questions asked of the logs.

A question is written once, with Ibis, in `questions.py`. The logs are read by DuckDB inside this
process; an engine for a fleet is chosen by its URL. No other package is imported before a question
is asked, and the addon asks none.
"""
