"""Z -> ee with ROOT's RDataFrame: the cuts and histograms of `zee.ipynb`, serial, local or distributed.

``python examples/zee_root.py [serial|local|tcp://scheduler:port] [--variations 10] [--replicas 20] [--input FILE]``

All of RDataFrame's Dask work hides in the first ``GetValue``: booking costs nothing, later values are there. hrlab finds it.
Workers must have one thread each: with more, this ROOT gives silently wrong numbers.
"""

from __future__ import annotations

import argparse
import os
from typing import Any

import ROOT
import zee
from distributed import Client, LocalCluster

import hrlab

CPP = """
#include <cmath>
#include <cstdint>
#include "ROOT/RVec.hxx"
// A number in (0, 1) that depends on nothing but the event's particles and the variation: the same however the work is
// divided. (Replicas of an event are smeared alike.)
inline double zee_uniform(uint64_t z) {
  z += 0x9e3779b97f4a7c15ULL; z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL; z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return ((z ^ (z >> 31)) >> 11) * 0x1.0p-53 + 1e-17;
}
template <typename V> double zee_mass(const V& x, const V& y, const V& z, int variation, double resolution) {
  uint64_t event = x.size();
  for (auto value : z) event = event * 1099511628211ULL + uint64_t(int64_t(1e6 * value));
  const uint64_t seed = event * 4096ULL + 2 * variation;
  const double radius = std::sqrt(-2 * std::log(zee_uniform(seed))), angle = 2 * M_PI * zee_uniform(seed + 1);
  const double gauss[2] = {radius * std::cos(angle), radius * std::sin(angle)};
  double px = 0, py = 0, pz = 0, e = 0;
  for (int i = 0; i < 2; ++i) {
    const double f = 1 + resolution * gauss[i];
    px += f * x[i]; py += f * y[i]; pz += f * z[i];
    e += f * std::sqrt(x[i] * x[i] + y[i] * y[i] + z[i] * z[i] + 0.000511 * 0.000511);
  }
  return std::sqrt(std::max(0., e * e - px * px - py * py - pz * pz));
}
"""


def connect(where: str) -> Client | None:
    """A client of a cluster whose workers have one thread each; None for ``serial``."""
    if where == "serial":
        return None
    if where != "local":
        return Client(where)
    workers = min(4, os.cpu_count() or 1)
    return Client(
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address="127.0.0.1:0")
    )


def frame(path: str, replicas: int, client: Client | None) -> Any:
    """The data frame of `replicas` times the file, with the pair selected."""
    if client is None:
        ROOT.gInterpreter.Declare(CPP)
        data = ROOT.RDataFrame("events", [path] * replicas)
    else:
        ROOT.RDF.Distributed.DistributeCppCode(CPP)
        data = ROOT.RDataFrame("events", [path] * replicas, executor=client, npartitions=replicas)
    charge = "Particle.charge"
    return data.Filter(f"{charge}.size() >= 2 && {charge}[0] * {charge}[1] < 0")


def book(data: Any, variations: int) -> list[Any]:
    """Histograms of m_ee, one a variation; nothing is read yet."""
    low, high = zee.RANGES["m_ee [GeV]"]
    first, last = zee.RESOLUTIONS
    booked = []
    momenta = ", ".join(f"Particle.momentum.{axis}" for axis in "xyz")
    for i in range(variations):
        resolution = first + (last - first) * i / max(1, variations - 1)
        data = data.Define(f"mass_{i}", f"zee_mass({momenta}, {i}, {resolution})")
        booked.append(data.Histo1D((f"mass_{i}", "m_ee", zee.BINS, low, high), f"mass_{i}"))
    return booked


def analyse(where: str, path: str, variations: int, replicas: int) -> tuple[Any, list[float]]:
    """Time the analysis as one run, and give its record and the mean mass of each variation in GeV."""
    workload = {"variations": variations, "events": 5000 * replicas}
    name = f"Zee {variations} variations, ROOT"
    with hrlab.timed(name, workload=workload, labels={"analysis": "zee-root"}) as run:
        client = connect(where)
        booked = book(frame(path, replicas, client), variations)
        with hrlab.phase("event loop", "dask" if client is None else None):
            histograms = [one.GetValue() for one in booked]
        means = [histogram.GetMean() for histogram in histograms]
    zee.disconnect(client)
    return run.record, means


def main() -> None:
    """Run what the command line asks for, and print the phases."""
    parser = argparse.ArgumentParser()
    parser.add_argument("where", nargs="?", default="local")
    parser.add_argument("--variations", type=int, default=10)
    parser.add_argument("--replicas", type=int, default=20)
    parser.add_argument("--input", help="an EDM4hep file; without it a small one is made here")
    options = parser.parse_args()
    path = zee.prepare(options.input)
    _, means = analyse(options.where, path, options.variations, options.replicas)
    print(f"mean m_ee: {means[0]:.3f} GeV in the first variation, {means[-1]:.3f} GeV in the last")


if __name__ == "__main__":
    main()
