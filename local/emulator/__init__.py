"""An emulator of Azure SignalR Service in serverless mode."""
