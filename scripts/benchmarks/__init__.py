"""What the addon costs: throughput, time in the hooks, memory."""
