// Package unknown serves blocks of kinds this server does not have. Their source is kept and exported as it came; the course
// team reads the name of the kind and the source. Learners read a short notice where the block would show something
// elsewhere, and of tags that nobody serves nothing at all.
package unknown

import (
	"context"
	"strings"

	"github.com/a-h/templ"

	"lyceum/component"
	"lyceum/course"
)

// Kind serves every tag that has no kind of its own.
type Kind struct{}

// Name is empty: the kind answers for all other names.
func (Kind) Name() string { return "" }

// Schema has only the common fields.
func (Kind) Schema() course.Schema { return course.Schema{} }

// Facts says that what cannot be shown does not count.
func (Kind) Facts(*course.Block) course.Facts {
	return course.Facts{Completion: course.NotCounted, Icon: "other"}
}

// Actions has none.
func (Kind) Actions() map[string]component.Action { return nil }

// View is the notice, or nothing.
func (Kind) View(_ context.Context, rt *component.Runtime, n *course.Node) (templ.Component, error) {
	if !rt.Staff() && !missed[n.Block.Type] {
		return component.Nothing, nil
	}
	return notice(rt, n), nil
}

// missed are the kinds that learners would see something of on other servers, and ask for. A discussion is none of them: it
// stands in nearly every unit and is no part of what a unit teaches.
var missed = map[string]bool{
	"annotatable": true, "conditional": true, "customtag": true, "done": true, "drag-and-drop-v2": true, "edx_sga": true, "google-calendar": true,
	"google-document": true, "h5p": true, "image-explorer": true, "library_sourced": true, "lti": true,
	"lti_consumer": true, "openassessment": true, "poll": true, "poll_question": true, "problem-builder": true, "randomize": true, "recommender": true,
	"scorm": true, "split_test": true, "staffgradedxblock": true, "survey": true, "textannotation": true, "ubcpi": true, "videoannotation": true,
	"word_cloud": true,
}

// source is what staff see of the block's own text, at most a screenful.
func source(n *course.Node) string {
	const most = 4000
	s := string(n.Block.Body)
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
