package studio

import (
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"lyceum/authoring/draft"
	"lyceum/course"
	"lyceum/web/i18n"
	"lyceum/web/ui"
)

// Experiments: blocks of type split_test, each with a part for every group of one partition.

// experimentProblem says what is amiss with an experiment, nil where all is well.
func experimentProblem(ctx context.Context, e draft.Experiment) *validation {
	kind, id := "", ""
	switch {
	case !e.Chosen:
		kind, id = "warning", "groups.experiment.none"
	case e.Partition == nil:
		kind, id = "error", "groups.experiment.gone"
	case e.Partition.Scheme != course.SchemeRandom:
		kind, id = "error", "groups.experiment.other"
	case e.Missing() > 0:
		kind, id = "error", "groups.experiment.missing"
	case len(e.Rest) > 0:
		kind, id = "warning", "groups.experiment.rest"
	default:
		return nil
	}
	return &validation{Type: kind, Text: i18n.T(ctx, id)}
}

// experimentView is an experiment in a unit: what each group sees.
type experimentView struct {
	Key     string
	Words   string
	Groups  []ui.Link // without an address where its part is missing
	Rest    []ui.Link
	Problem *validation
	Fill    bool   // parts are missing, and can be made
	Part    string // address of acts on it
	Manage  string
}

func newExperimentView(ctx context.Context, key course.Key, all []course.Partition, b *course.Block) experimentView {
	e := draft.ExperimentOf(key, all, b)
	u := key.Usage(b.Type, b.ID)
	p := experimentView{Key: u.String(), Part: partURL(u), Manage: groupsURL(key), Problem: experimentProblem(ctx, e), Fill: e.Missing() > 0}
	if e.Partition != nil {
		p.Words = i18n.T(ctx, "groups.experiment.of", e.Partition.Name)
		p.Manage = partitionURL(key, e.Partition.ID)
	}
	for _, g := range e.Groups {
		one := ui.Link{Label: g.Name}
		if g.Child != nil {
			one.URL = containerURL(key.Usage(g.Child.Type, g.Child.ID))
		}
		p.Groups = append(p.Groups, one)
	}
	for _, child := range e.Rest {
		p.Rest = append(p.Rest, ui.Link{Label: nameOf(child), URL: containerURL(key.Usage(child.Type, child.ID))})
	}
	return p
}

// partsByGroup are the names of the groups that see the parts of experiments at and below a block; the parts' own names say nothing.
func partsByGroup(key course.Key, root, block *course.Block) map[course.UsageKey]string {
	out := map[course.UsageKey]string{}
	all := course.PartitionsOf(root.Fields["user_partitions"])
	block.Walk(func(x *course.Block) bool {
		if x.Type == "split_test" {
			for _, g := range draft.ExperimentOf(key, all, x).Groups {
				if g.Child != nil {
					out[key.Usage(g.Child.Type, g.Child.ID)] = nameOf(x) + " · " + g.Name
				}
			}
		}
		return true
	})
	return out
}

// drawExperiment asks which groups an experiment compares.
func drawExperiment(_ *Server, r *http.Request, p bodyProps) (templ.Component, error) {
	ctx := r.Context()
	const input = "f.user_partition_id"
	all := course.PartitionsOf(p.Course.Root.Fields["user_partitions"])
	now := "-1"
	if id, ok := p.Block.Fields["user_partition_id"].Int(); ok {
		now = strconv.Itoa(id)
	}
	chosen := now
	if p.Form.Has(input) {
		chosen = p.Form.Get(input)
	}
	field := ui.FieldProps{Name: input, ID: inputID(input), Label: i18n.T(ctx, "groups.experiment.choose"), Help: i18n.T(ctx, "groups.experiment.choose_help"), Error: p.Errors[input], Quiet: true}
	known := false
	add := func(value, label string) {
		known = known || value == chosen
		field.Options = append(field.Options, ui.Option{Value: value, Label: label, Selected: value == chosen})
	}
	add("-1", i18n.T(ctx, "groups.experiment.not_chosen"))
	for _, one := range all {
		if id := strconv.Itoa(one.ID); one.Scheme == course.SchemeRandom && one.Active || id == now {
			add(id, i18n.T(ctx, "groups.experiment.option", len(one.Groups), one.Name))
		}
	}
	if !known {
		add(chosen, i18n.T(ctx, "groups.experiment.unknown", chosen))
	}
	return experimentEditor(field, newExperimentView(ctx, p.Key.Course, all, p.Block), groupsURL(p.Key.Course)), nil
}
