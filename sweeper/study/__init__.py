"""The durable study: the record of truth of a sweep."""
