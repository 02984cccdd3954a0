"""How large a cluster should be: laws fitted to runs, and the advice that follows."""
