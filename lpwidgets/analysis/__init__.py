"""What can be computed from a generation: token metrics, scores, findings."""
