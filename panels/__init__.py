"""What the animator sees; panels never compute."""
