"""Z -> ee at FCC-ee: the physics of `zee.ipynb`, the same for serial, local and distributed runs.

Input is a ROOT file in EDM4hep form: tree ``events`` with jagged branches ``Particle.*``. Events whose first two
particles have opposite charge are kept; the energies of the two electrons are smeared once per *variation*, with a
resolution that grows from variation to variation; mass, energies and angular distance are histogrammed.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from distributed import Client
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

ELECTRON_MASS = 0.000511  # GeV
BRANCHES = ["Particle.charge", *(f"Particle.momentum.{axis}" for axis in "xyz")]
RESOLUTIONS = (0.005, 0.03)  # relative, of the first and of the last variation
BINS = 50
RANGES = {
    "m_ee [GeV]": (84.0, 98.0),
    "E1 [GeV]": (0.0, 100.0),
    "E2 [GeV]": (0.0, 100.0),
    "dR": (0.0, 10.0),
}


class Chunk(NamedTuple):
    """Entries of one file that one task reads; `seed` makes its smearing its own."""

    path: str
    start: int
    stop: int
    seed: int


class Fit(NamedTuple):
    """Breit-Wigner (x) Gauss of one variation, in GeV."""

    events: float
    mean: float
    sigma: float
    gamma: float


# --- pre: input, chunks, cluster --------------------------------------------------------------------------------------


def prepare(path: str | None, events: int = 5000) -> str:
    """Absolute path of the input; without `path`, of a small one made here with the same structure."""
    if path:
        return str(Path(path).resolve(strict=True))
    made = Path("zee_small.root")
    if not made.exists():
        write_input(made, events)
    return str(made.resolve())


def write_input(path: Path, events: int, seed: int = 1) -> None:
    """Z -> ee events at the Z pole: two electrons from a Breit-Wigner, then a few photons, as EDM4hep has them."""
    import awkward as ak
    import uproot

    rng = np.random.default_rng(seed)
    mass = 91.19 + 2.495 / 2 * np.tan(np.pi * (rng.random(events) - 0.5) * 0.9)
    cosine, phi = rng.uniform(-0.95, 0.95, events), rng.uniform(-np.pi, np.pi, events)
    direction = np.stack([_sine(cosine) * np.cos(phi), _sine(cosine) * np.sin(phi), cosine])
    electron = direction * np.sqrt((mass / 2) ** 2 - ELECTRON_MASS**2)
    photons = rng.poisson(2, events)
    particle = {"charge": _particles([-1.0, 1.0], np.zeros(photons.sum()), photons)}
    for axis, momentum in zip("xyz", electron, strict=True):
        soft = rng.exponential(0.5, photons.sum()) * rng.choice([-1, 1], photons.sum())
        particle[f"momentum.{axis}"] = _particles([momentum, -momentum], soft, photons)
    with uproot.recreate(path) as file:
        file.mktree(
            "events",
            {"Particle": ak.zip(particle).type.content},
            field_name=lambda outer, inner: f"{outer}.{inner}" if inner else outer,
            counter_name=lambda name: f"n{name}",
        )
        file["events"].extend({"Particle": ak.zip(particle)})


def _sine(cosine: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.sqrt(1 - cosine**2)


def _particles(first_two, others, counts):
    """Per event: the two electrons' values, then those of as many others as `counts` says."""
    import awkward as ak

    pair = np.stack(np.broadcast_arrays(*first_two, np.zeros(len(counts)))[:2], axis=1)
    both = ak.concatenate([ak.from_regular(pair), ak.unflatten(others, counts)], axis=1)
    return ak.values_astype(both, np.float32)


def chunks(path: str, replicas: int) -> list[Chunk]:
    """The file `replicas` times over, one chunk each: how the facility scales its 5000 events."""
    import uproot

    with uproot.open(path) as file:
        entries = file["events"].num_entries
    return [Chunk(path, 0, entries, seed) for seed in range(replicas)]


def connect(mode: str, scheduler: str | None = None) -> Client | None:
    """A Dask client for `mode`; None for ``serial``.

    For ``distributed``, `scheduler` is the name of a cluster in hrlab's panel (None: the only one there), or the address
    of any scheduler. Where ``DASK_SCHEDULER_ADDRESS`` names a cluster, ``local`` uses that one: so hrlab's *Measure Scaling*
    chooses the cluster of each point.
    """
    if mode == "serial":
        return None
    from distributed import Client, LocalCluster

    if mode == "local" and "DASK_SCHEDULER_ADDRESS" in os.environ:
        client = Client()
        client.upload_file(__file__)  # its workers start elsewhere, and do not find this module
        return client
    if mode == "local":
        workers = min(4, os.cpu_count() or 1)
        cluster = LocalCluster(
            n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0"
        )
        return Client(cluster)
    if mode != "distributed":
        raise ValueError(f"MODE is 'serial', 'local' or 'distributed', not {mode!r}.")
    import hrlab

    by_address = scheduler is not None and "://" in scheduler
    client = Client(scheduler) if by_address else hrlab.connect(scheduler)
    client.upload_file(__file__)  # workers elsewhere do not have this module
    return client


def disconnect(client: Client | None) -> None:
    """Close the client, and the cluster if it was made by :func:`connect`."""
    if client is None:
        return
    cluster = client.cluster
    client.close()
    if cluster is not None:
        cluster.close()


# --- the event loop ---------------------------------------------------------------------------------------------------


def process(chunk: Chunk, variations: int) -> NDArray[np.int64]:
    """Histograms of one chunk: an array of variations x 4 x 50 counts."""
    momenta = read_pairs(chunk)
    energies = np.sqrt((momenta**2).sum(axis=0) + ELECTRON_MASS**2)
    distance = delta_r(momenta)
    counts = np.empty((variations, len(RANGES), BINS), dtype=np.int64)
    for i, resolution in enumerate(np.linspace(*RESOLUTIONS, variations)):
        # Seeded by chunk and variation: the same numbers however the work is divided.
        rng = np.random.default_rng([chunk.seed, i])
        scale = rng.normal(1.0, resolution, energies.shape)
        smeared = (invariant_mass(momenta * scale, energies * scale), *(energies * scale), distance)
        for j, (values, edges) in enumerate(zip(smeared, RANGES.values(), strict=True)):
            counts[i, j] = np.histogram(values, BINS, edges)[0]
    return counts


def read_pairs(chunk: Chunk) -> NDArray[np.float64]:
    """Momenta of the first two particles where they have opposite charge: 3 components x 2 electrons x events, in GeV."""
    import awkward as ak
    import uproot

    with uproot.open(chunk.path) as file:
        arrays = file["events"].arrays(BRANCHES, entry_start=chunk.start, entry_stop=chunk.stop)
    arrays = arrays[ak.num(arrays["Particle.charge"]) >= 2]
    charge = arrays["Particle.charge"]
    pairs = arrays[charge[:, 0] * charge[:, 1] < 0]
    return np.stack(
        [ak.to_numpy(pairs[branch][:, :2]).T.astype(np.float64) for branch in BRANCHES[1:]]
    )


def invariant_mass(
    momenta: NDArray[np.float64], energies: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mass of the pair in GeV."""
    squared = energies.sum(axis=0) ** 2 - (momenta.sum(axis=1) ** 2).sum(axis=0)
    return np.sqrt(np.maximum(squared, 0.0))


def delta_r(momenta: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of the two electrons in pseudorapidity and azimuth."""
    x, y, z = momenta
    # Along the beam the pseudorapidity is infinite: a tiny transverse momentum puts it far outside the histogram.
    eta = np.arcsinh(z / np.maximum(np.hypot(x, y), 1e-9))
    phi = np.arctan2(y, x)
    turn = np.abs(phi[0] - phi[1])
    return np.hypot(eta[0] - eta[1], np.minimum(turn, 2 * np.pi - turn))


def merge(parts: Iterable[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Sum of histograms."""
    return np.sum(list(parts), axis=0)


def event_loop(client: Client | None, work: Sequence[Chunk], variations: int) -> NDArray[np.int64]:
    """All chunks, all variations; on Dask if there is a client, otherwise here, one after the other."""
    if client is None:
        import hrlab

        # No Dask, no dask phase: the baseline says what is compared with it.
        with hrlab.phase("dask"):
            return merge(process(chunk, variations) for chunk in work)
    # pure=False: run again, it computes again, rather than finding the results of the last time.
    parts = client.map(process, work, variations=variations, pure=False)
    return client.submit(merge, parts, pure=False).result()


# --- post: fits and plots ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Axis:
    """Centres of the mass histogram's bins, and their width, in GeV."""

    centres: NDArray[np.float64]
    width: float


def mass_axis() -> Axis:
    """The bins of m_ee."""
    edges = np.linspace(*RANGES["m_ee [GeV]"], BINS + 1)
    return Axis((edges[1:] + edges[:-1]) / 2, float(edges[1] - edges[0]))


def line_shape(
    mass: NDArray[np.float64], events: float, mean: float, sigma: float, gamma: float
) -> NDArray[np.float64]:
    """Events per GeV of a Breit-Wigner of full width `gamma` convoluted with a Gauss of width `sigma`."""
    from scipy.special import voigt_profile

    return events * voigt_profile(mass - mean, sigma, gamma / 2)


def fit(counts: NDArray[np.int64]) -> Fit:
    """Line shape of one variation's m_ee histogram."""
    from scipy.optimize import curve_fit

    axis = mass_axis()
    start = (float(counts.sum()), 91.0, 1.0, 1.0)
    limits = ([0.0, 88.0, 1e-3, 0.0], [np.inf, 94.0, 6.0, 6.0])
    best, _ = curve_fit(
        lambda *arguments: axis.width * line_shape(*arguments),
        axis.centres,
        counts,
        p0=start,
        sigma=np.sqrt(np.maximum(counts, 1)),
        bounds=limits,
    )
    return Fit(*map(float, best))


def plot(histograms: NDArray[np.int64], fits: Sequence[Fit]) -> Figure:
    """First and last variation: mass with its fit, energies, distance."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 2.8), layout="constrained")
    for axes, (j, (title, edges)) in zip(
        figure.subplots(1, len(RANGES)), enumerate(RANGES.items()), strict=True
    ):
        for i, style in ((0, "-"), (-1, "--")):
            axes.stairs(
                histograms[i, j],
                np.linspace(*edges, BINS + 1),
                linestyle=style,
                label=f"variation {i % len(histograms)}",
            )
        axes.set_xlabel(title)
    mass = mass_axis()
    axes = figure.axes[0]
    for one in (fits[0], fits[-1]):
        axes.plot(mass.centres, mass.width * line_shape(mass.centres, *one), color="black", lw=0.8)
    axes.legend(fontsize="small")
    return figure
