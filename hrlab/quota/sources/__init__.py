"""Where limits come from: one file per source. Not called `quotas`, which is a function of users: :func:`hrlab.quotas`."""
