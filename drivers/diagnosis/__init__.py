"""Finding out why a scanner does not work: a fixed list of short checks, each said as it goes, and one finding with its cure."""

from drivers.diagnosis.examination import diagnose
from drivers.diagnosis.findings import Diagnosis, Finding

__all__ = ["Diagnosis", "Finding", "diagnose"]
