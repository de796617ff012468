package problem

import (
	"context"

	"github.com/a-h/templ"

	"lyceum/grading/capa"
)

// circuitAttributes are what the editor of circuits goes by, as the author wrote it: an attribute left out allows everything, an empty one
// nothing.
func circuitAttributes(p props, n *capa.InputNode) templ.Attributes {
	out := templ.Attributes{"data-closed": p.Buttons.Closed, "data-height": sized(n.Attrs["height"])}
	for name, to := range map[string]string{"parts": "data-parts", "analyses": "data-analyses", "submit_analyses": "data-submit", "initial_value": "data-initial"} {
		if value, ok := n.Attrs[name]; ok {
			out[to] = value
		}
	}
	return out
}

// circuitTools are the buttons above a sheet: their names, icons and texts.
var circuitTools = [...][]struct{ name, icon, text string }{
	{{"select", "mouse-pointer-2", "problem.circuit_tool_select"}, {"wire", "spline", "problem.circuit_tool_wire"}, {"pan", "hand", "problem.circuit_tool_pan"}},
	{{"undo", "undo-2", "problem.circuit_tool_undo"}, {"redo", "redo-2", "problem.circuit_tool_redo"}},
	{{"rotate", "rotate-cw", "problem.circuit_rotate"}, {"mirror", "flip-horizontal-2", "problem.circuit_tool_mirror"}, {"delete", "trash-2", "problem.circuit_delete"}},
	{{"cut", "scissors", "problem.circuit_tool_cut"}, {"copy", "copy", "problem.circuit_tool_copy"}, {"paste", "clipboard-paste", "problem.circuit_tool_paste"}},
	{{"in", "zoom-in", "problem.circuit_tool_in"}, {"out", "zoom-out", "problem.circuit_tool_out"}, {"fit", "maximize", "problem.circuit_tool_fit"}},
}

// circuitKeys are the keys that work on a sheet, and what they do.
var circuitKeys = [...]struct{ keys, text string }{
	{"← ↑ → ↓", "problem.circuit_key_arrows"},
	{"Shift + ← ↑ → ↓", "problem.circuit_key_far"},
	{"Page Down, Page Up", "problem.circuit_key_next"},
	{"Enter", "problem.circuit_key_enter"},
	{"W", "problem.circuit_key_wire"},
	{"R", "problem.circuit_rotate"},
	{"M", "problem.circuit_tool_mirror"},
	{"Delete", "problem.circuit_delete"},
	{"Esc", "problem.circuit_key_escape"},
	{"Ctrl + Z, Ctrl + Y", "problem.circuit_key_undo"},
	{"Ctrl + X, C, V, A", "problem.circuit_key_clipboard"},
	{"+ − 0", "problem.circuit_key_zoom"},
}

func circuitWords(ctx context.Context) string {
	return inputWords(
		ctx, "problem.circuit_", "sheet", "sheet_shown", "unreadable", "strange", "anew", "answer", "conflict",
		"kind_g", "kind_L", "kind_v", "kind_i", "kind_r", "kind_c", "kind_l", "kind_o", "kind_d", "kind_n", "kind_p", "kind_s", "kind_a",
		"end_end", "end_first", "end_second", "end_plus", "end_minus", "end_from", "end_to", "end_noninverting", "end_inverting", "end_output",
		"end_reference", "end_anode", "end_cathode", "end_drain", "end_gate", "end_source", "end_tip", "end_in", "end_out",
		"set_name", "set_r", "set_c", "set_l", "set_A", "set_area", "set_type", "set_ratio", "set_label", "set_color", "set_offset", "set_source",
		"set_pairs", "set_column", "set_row", "set_first", "set_last", "set_input", "set_stop",
		"source_dc", "source_impulse", "source_step", "source_square", "source_triangle", "source_pulse", "source_sin", "source_pwl", "source_pwl_repeating",
		"argument_value", "argument_height", "argument_width", "argument_initial", "argument_plateau", "argument_delay", "argument_rise", "argument_fall",
		"argument_frequency", "argument_duty", "argument_period", "argument_offset", "argument_amplitude", "argument_phase",
		"choice_normal", "choice_ideal", "choice_red", "choice_green", "choice_blue", "choice_cyan", "choice_magenta", "choice_yellow", "choice_black", "choice_x-axis",
		"ideal", "wire", "node", "node_ground", "place", "nothing", "several", "open", "loose", "no_parts", "add", "add_now", "edit", "rotate", "delete",
		"undone", "redone", "added", "removed", "moved", "rotated", "mirrored", "lost", "wired", "no_way", "connected", "copied", "pasted", "chosen", "holding",
		"wire_from", "given_up", "cursor", "said", "ran", "label_needed", "not_a_number", "not_pairs", "not_whole", "not_positive",
		"analysis_dc", "analysis_ac", "analysis_tran", "run", "stale", "floating", "numbers", "quantity", "amount", "voltage_at", "current_through",
		"frequency", "magnitude", "phase", "time", "voltages", "currents", "shifted",
		"trouble_empty", "trouble_no_ground", "trouble_loop", "trouble_short", "trouble_no_way", "trouble_diverged", "trouble_slow", "trouble_no_source",
		"trouble_value", "trouble_range",
	)
}
