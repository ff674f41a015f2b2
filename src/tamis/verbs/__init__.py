"""What each command does, as a function of the same name. Only here do rooms meet."""
