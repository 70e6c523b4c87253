"""Search algorithms by name; each is imported only when it is asked for."""

from collections.abc import Mapping
from difflib import get_close_matches
from importlib import import_module

from nas.search.protocol import SearcherFactory, SearchError

ALGORITHMS: Mapping[str, tuple[str, str]] = {
    "auto": ("nas.search.auto", "AutoSearch"),
    "surrogate": ("nas.search.surrogate.searcher", "SurrogateSearch"),
    "random": ("nas.search.random", "RandomSearch"),
    "quasi_random": ("nas.search.quasi_random", "QuasiRandomSearch"),
    "local_search": ("nas.search.local_search", "ParetoLocalSearch"),
    "regularized_evolution": ("nas.search.regularized_evolution", "RegularizedEvolution"),
    "nsga2": ("nas.search.nsga2", "Nsga2"),
    "anneal": ("nas.search.anneal", "Anneal"),
    "nsga2_anneal": ("nas.search.nsga2_anneal", "Nsga2Anneal"),
    "pymoo_nsga2": ("nas.search.pymoo_adapter", "PymooNsga2"),
    "pymoo_sms_emoa": ("nas.search.pymoo_many", "sms_emoa"),
    "pymoo_nsga3": ("nas.search.pymoo_many", "nsga3"),
    "pymoo_age_moea": ("nas.search.pymoo_many", "age_moea"),
    "pymoo_rnsga2": ("nas.search.pymoo_many", "rnsga2"),
    "tpe": ("nas.search.optuna_tpe", "tpe_search"),
    "gp": ("nas.search.optuna_gp", "gp_search"),
}


def searcher_factory(name: str) -> SearcherFactory:
    """The factory of an algorithm of docs/search.md, such as "nsga2".

    Raises SearchError for another name, with the nearest one.
    """
    if name not in ALGORITHMS:
        nearest = get_close_matches(name, ALGORITHMS, n=1)
        hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
        raise SearchError(f"algorithm must be one of {', '.join(ALGORITHMS)}, but got {name!r}{hint}")
    module, attribute = ALGORITHMS[name]
    factory: SearcherFactory = getattr(import_module(module), attribute)
    return factory
