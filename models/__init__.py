"""Estimators and what judges them: detectors, calibration, policy, reasons, metrics."""
