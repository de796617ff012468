package olx

import "lyceum/course"

// inlineKinds are the kinds written inside their parent; every other kind whose fields are known gets a file of its own.
var inlineKinds = map[string]bool{
	"discussion": true, "drag-and-drop-v2": true, "poll": true, "survey": true, "done": true, "edx_sga": true,
	"staffgradedxblock": true, "openassessment": true, "lti_consumer": true,
}

// fileOnly are the kinds for which an element with nothing but a name is a pointer even when its file is missing.
func fileOnly(kind string) bool {
	return course.Containers[kind] || kind == "html" || kind == "problem" || kind == "video"
}

// known holds for kinds whose attributes are understood; blocks of any other kind are kept as whole elements.
func known(kind string) bool {
	_, ok := course.Schemas[kind]
	return ok || course.Containers[kind]
}

// plainElements are elements in a container that are no blocks.
var plainElements = map[string]bool{"wiki": true, "textbook": true, "show": true}

// stateful are the kinds that hold learner state, for which a name made from content is a risk.
var stateful = map[string]bool{
	"problem": true, "sequential": true, "video": true, "course": true, "chapter": true, "videosequence": true,
	"poll_question": true, "vertical": true,
}

// Values of course.Block.Form, for blocks whose shape their kind does not decide.
const (
	// FormElement marks a block whose Body is the whole element, written inside its parent.
	FormElement = "element"
	// FormElementFile is FormElement for a block that has a file of its own.
	FormElementFile = "element-file"
	// FormGroups marks an abtest whose Body is its groups with pointers to the children.
	FormGroups = "groups"
	// FormRaw marks a block whose file is no XML; Body is the file as it is.
	FormRaw = "raw"
)

// neverFields are attributes that are neither fields nor kept.
var neverFields = map[string]bool{
	"url_name": true, "slug": true, "filename": true, "data_dir": true, "xml_attributes": true, "x-is-pointer-node": true,
	"parent_url": true, "parent_sequential_url": true, "index_in_children_list": true, "xmlns:option": true,
}

// neverCourseFields are the same on the course element: they live in its key or in policy.json.
var neverCourseFields = map[string]bool{
	"org": true, "course": true, "library": true, "tabs": true, "grading_policy": true, "discussion_blackouts": true, "discussion_topics": true,
}
