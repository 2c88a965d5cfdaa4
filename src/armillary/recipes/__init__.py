"""Named complete experiments: functions that return a RunConfig."""
