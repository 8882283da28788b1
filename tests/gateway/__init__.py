"""The local DeepInfra: a real gateway, a real engine, real clients."""
