"""Two people in browsers of any kind, with microphone, camera and screen."""
