"""A Kubernetes cluster in a few processes, in which the unmodified Dask operator runs real schedulers and workers.

An API server in memory (:mod:`.apiserver`), the controllers that Dask needs (:mod:`.controllers`), and kubelets whose
containers are plain processes (:mod:`.kubelet`). :class:`.bed.Bed` starts them all. What it shows and what it cannot is said
in ``docs/kubernetes.md``.
"""
