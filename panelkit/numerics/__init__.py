"""Arrays in, small frozen results out: projections, covariances, resampling. No frame, no noun, no engine lives here."""
