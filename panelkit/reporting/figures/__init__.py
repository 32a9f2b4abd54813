"""The kinds of figures, one file each; importing this folder registers them."""

from panelkit.reporting.figures import bacon as bacon
from panelkit.reporting.figures import balance as balance
from panelkit.reporting.figures import coefficients as coefficients
from panelkit.reporting.figures import event_study as event_study
from panelkit.reporting.figures import gap_matrix as gap_matrix
from panelkit.reporting.figures import heat_map as heat_map
from panelkit.reporting.figures import impulse_response as impulse_response
from panelkit.reporting.figures import leave_one_out as leave_one_out
from panelkit.reporting.figures import marginal_effects as marginal_effects
from panelkit.reporting.figures import moran_scatter as moran_scatter
from panelkit.reporting.figures import placebo as placebo
from panelkit.reporting.figures import spec_curve as spec_curve
from panelkit.reporting.figures import support as support
from panelkit.reporting.figures import synthetic_paths as synthetic_paths
from panelkit.reporting.figures import threshold as threshold
from panelkit.reporting.figures import tile_grid as tile_grid
from panelkit.reporting.figures import treatment_timing as treatment_timing
from panelkit.reporting.figures import trends as trends
