package course

// options are the values of a text field; their words are the forms'.
func options(values ...string) []Option {
	out := make([]Option, len(values))
	for i, v := range values {
		out[i].Value = Text(v)
	}
	return out
}

// UnscheduledStart is the default of the start field; a block that starts exactly then counts as not scheduled.
const UnscheduledStart = "2030-01-01T00:00:00Z"

// CommonFields are the fields every block may carry. Inheritable ones reach from any ancestor to its descendants.
var CommonFields = []Field{
	{Name: "display_name", Type: TypeText},
	{Name: "start", Type: TypeDate, Default: Text(UnscheduledStart), Inheritable: true},
	{Name: "due", Type: TypeDate, Inheritable: true},
	{Name: "relative_weeks_due", Type: TypeInt, Inheritable: true},
	{Name: "graceperiod", Type: TypeTimedelta, Inheritable: true},
	{Name: "graded", Type: TypeBool, Default: "false", Inheritable: true},
	{Name: "format", Type: TypeText},
	{Name: "visible_to_staff_only", Type: TypeBool, Default: "false", Inheritable: true},
	{Name: "hide_from_toc", Type: TypeBool, Default: "false", Inheritable: true},
	{Name: "hide_after_due", Type: TypeBool, Default: "false"},
	{Name: "group_access", Type: TypeMap, Default: "{}", Inheritable: true},
	{Name: "user_partitions", Type: TypeList, Default: "[]", Inheritable: true},
	{Name: "showanswer", Type: TypeText, Default: `"finished"`, Inheritable: true, Options: options("always", "answered", "attempted", "closed", "finished", "correct_or_past_due", "past_due", "never", "after_all_attempts", "after_all_attempts_or_correct", "attempted_no_past_due"), Open: true},
	{Name: "show_correctness", Type: TypeText, Default: `"always"`, Inheritable: true, Options: options("always", "past_due", "never", "never_but_include_grade"), Open: true},
	{Name: "rerandomize", Type: TypeText, Default: `"never"`, Inheritable: true, Options: options("always", "onreset", "never", "per_student"), Open: true},
	{Name: "max_attempts", Type: TypeInt, Inheritable: true},
	{Name: "show_reset_button", Type: TypeBool, Default: "false", Inheritable: true},
	{Name: "days_early_for_beta", Type: TypeFloat, Inheritable: true, Signed: true},
	{Name: "self_paced", Type: TypeBool, Default: "false", Inheritable: true},
	{Name: "in_entrance_exam", Type: TypeBool, Default: "false", Inheritable: true},
	{Name: "static_asset_path", Type: TypeText, Default: `""`, Inheritable: true},
	{Name: "use_latex_compiler", Type: TypeBool, Default: "false", Inheritable: true},
	{Name: "matlab_api_key", Type: TypeText, Inheritable: true},
	{Name: "xqa_key", Type: TypeText, Inheritable: true, Hidden: true},
	{Name: "giturl", Type: TypeText, Inheritable: true, Hidden: true},
	{Name: "course_edit_method", Type: TypeText, Default: `"Studio"`, Inheritable: true, Hidden: true},
	{Name: "video_speed_optimizations", Type: TypeBool, Default: "true", Inheritable: true},
	{Name: "video_auto_advance", Type: TypeBool, Default: "false", Inheritable: true},
	{Name: "video_bumper", Type: TypeMap, Default: "{}", Inheritable: true},
	{Name: "edxnotes", Type: TypeBool, Default: "false", Inheritable: true},
	{Name: "chrome", Type: TypeText, Hidden: true},
	{Name: "default_tab", Type: TypeText, Hidden: true},
	{Name: "source_file", Type: TypeText, Hidden: true},
	{Name: "ispublic", Type: TypeBool, Hidden: true},
	{Name: "license", Type: TypeText, Options: options("all-rights-reserved", "creative-commons: ver=4.0 BY", "creative-commons: ver=4.0 BY SA", "creative-commons: ver=4.0 BY ND", "creative-commons: ver=4.0 BY NC", "creative-commons: ver=4.0 BY NC SA", "creative-commons: ver=4.0 BY NC ND"), Open: true},
	{Name: "weight", Type: TypeFloat},
	{Name: "copied_from_block", Type: TypeText, Hidden: true},
	{Name: "upstream", Type: TypeText, Hidden: true},
	{Name: "upstream_version", Type: TypeInt, Hidden: true},
	{Name: "upstream_display_name", Type: TypeText, Hidden: true},
	{Name: "downstream_customized", Type: TypeList, Hidden: true},
}

// SequentialFields are the further fields of a subsection.
var SequentialFields = []Field{
	{Name: "is_entrance_exam", Type: TypeBool, Default: "false"},
	{Name: "is_time_limited", Type: TypeBool, Default: "false"},
	{Name: "default_time_limit_minutes", Type: TypeInt},
	{Name: "is_proctored_enabled", Type: TypeBool, Default: "false"},
	{Name: "is_practice_exam", Type: TypeBool, Default: "false"},
	{Name: "is_onboarding_exam", Type: TypeBool, Default: "false"},
	{Name: "is_prereq", Type: TypeBool, Default: "false"},
	{Name: "prereq", Type: TypeText}, // the id of a subsection, which holds in any run
	{Name: "prereq_min_score", Type: TypeInt, Default: "100"},
	{Name: "prereq_min_completion", Type: TypeInt, Default: "100"},
	{Name: "exam_review_rules", Type: TypeText, Default: `""`, Long: true},
}

// ChapterFields are the further fields of a section.
var ChapterFields = []Field{
	{Name: "highlights", Type: TypeList, Default: "[]"},
}

var commonByName = func() map[string]Field {
	m := make(map[string]Field, len(CommonFields))
	for _, f := range CommonFields {
		m[f.Name] = f
	}
	return m
}()

// IsCommon reports whether a field is one every block may carry.
func IsCommon(name string) bool { _, ok := commonByName[name]; return ok }

// Containers are the block types whose child elements are blocks of the course tree.
var Containers = map[string]bool{
	"course": true, "chapter": true, "sequential": true, "vertical": true, "videosequence": true, "problemset": true,
	"conditional": true, "split_test": true, "randomize": true, "library_content": true, "wrapper": true,
	"section": true, "abtest": true, "timelimit": true, "proctor": true, "itembank": true, "unit": true, "library": true,
}
