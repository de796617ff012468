package problem

import (
	"context"

	"github.com/a-h/templ"

	"lyceum/grading/capa"
)

// toolData is what the author says to the tool an answer is drawn with.
func toolData(n *capa.InputNode) templ.Attributes {
	switch n.Kind {
	case "vsepr_input":
		return templ.Attributes{"data-molecules": n.Attrs["molecules"], "data-geometries": n.Attrs["geometries"]}
	case "designprotein2dinput":
		return templ.Attributes{"data-target": n.Attrs["target_shape"]}
	case "editageneinput":
		return templ.Attributes{"data-sequence": n.Attrs["genex_dna_sequence"], "data-number": n.Attrs["genex_problem_number"]}
	}
	return nil
}

// toolWords are the texts a tool shows, as JSON.
func toolWords(ctx context.Context, n *capa.InputNode) string {
	switch n.Kind {
	case "crystallography":
		return inputWords(ctx, "problem.crystal_", "unreadable", "lattice", "lattice_none", "lattice_sc", "lattice_bcc", "lattice_fcc", "coordinate", "clear",
			"point", "chosen", "line", "section", "missing", "picture")
	case "vsepr_input":
		return inputWords(ctx, "problem.molecule_", "unreadable", "molecule", "any", "geometry", "select", "palette", "pair", "nothing", "picked", "pick_first",
			"center", "axial", "equatorial", "place", "empty", "no_geometry", "picture", "free", "full",
			"geometry_AX2", "geometry_AX3", "geometry_AX2E1", "geometry_AX4", "geometry_AX3E1", "geometry_AX2E2", "geometry_AX5", "geometry_AX4E1",
			"geometry_AX3E2", "geometry_AX2E3", "geometry_AX6", "geometry_AX5E1", "geometry_AX4E2")
	case "designprotein2dinput":
		return inputWords(ctx, "problem.protein_", "unreadable", "sequence", "palette", "acid", "oily", "watery", "neither", "fold", "bridges", "folded", "goal",
			"target", "longest", "folding", "empty", "fold_first", "done", "picture", "chain")
	case "editageneinput":
		return inputWords(ctx, "problem.gene_", "unreadable", "dna", "typing", "replace", "insert", "bases", "delete", "reset", "at", "at_end", "strand", "pre",
			"mature", "protein", "none", "count", "acids", "was")
	}
	return "{}"
}
