"""Running an instance for real: probes, metrics, logs, alerts, backups, retention.

It looks at all three applications from above and none of them knows it; that is why it lives with the wiring.
"""
