package problem

import (
	"context"
	"strings"

	"lyceum/component"
	"lyceum/grading/capa"
	"lyceum/grading/capa/chemistry"
	"lyceum/grading/capa/formula"
	"lyceum/internal/fault"
	"lyceum/web/i18n"
)

// What input_ajax can be asked for: how a formula or a chemical equation looks while it is typed, and to run a program.
const (
	previewFormula   = "preview_formcalc"
	previewChemistry = "preview_chemcalc"
	runProgram       = "plot"
)

// longestPreview bounds what is previewed, in bytes.
const longestPreview = 20_000

// inputAct answers input_ajax: fields input_id, dispatch, formula and request_start, which is given back so that a page can tell answers
// apart. preview is TeX for formulas and HTML for equations; error is what the learner is told, "" when there is a preview.
func inputAct(ctx context.Context, problem *capa.Problem, prefix string, req component.Request) (component.Response, error) {
	id := trimPrefix(req.Form.Get("input_id"), prefix+"_")
	kind := kindOf(problem, prefix, "input_"+prefix+"_"+id)
	text := req.Form.Get("formula")
	if kind == "" {
		return component.Response{}, fault.Invalidf("input_ajax: no input %q", req.Form.Get("input_id"))
	}
	if len(text) > longestPreview {
		return component.Response{}, fault.TooLargef("input_ajax: formula of %d bytes", len(text))
	}
	var preview string
	var err error
	switch dispatch := req.Form.Get("dispatch"); dispatch {
	case previewFormula:
		preview, err = formula.Preview(text)
	case previewChemistry:
		if strings.TrimSpace(text) != "" {
			preview, err = chemistry.Preview(text)
		}
	default:
		return component.Response{}, fault.NotFoundf("input_ajax dispatch %q", dispatch)
	}
	out := map[string]any{"preview": preview, "error": "", "request_start": req.Form.Get("request_start")}
	if err != nil {
		out["preview"], out["error"] = "", i18n.T(ctx, "problem.preview_unreadable")
	}
	return component.Response{JSON: out}, nil
}
