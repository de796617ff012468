package tracking

import (
	"strings"
	"testing"
	"time"
)

// The payloads that the reference's examples do not show, against the fields of its catalog.
func TestPayloads(t *testing.T) {
	t.Parallel()
	at := time.Date(2017, 1, 12, 10, 30, 0, 0, time.UTC)
	cause := GradeCause{CourseID: "c", UserID: 7, TransactionID: "t", TransactionType: GradesProblemSubmitted}
	const common = `"course_id": "c", "user_id": "7", "event_transaction_id": "t", "event_transaction_type": "edx.grades.problem.submitted"`
	state := ProblemState{Seed: 3}
	const stateText = `{"seed": 3, "student_answers": {}, "done": null, "correct_map": {}, "input_state": {}}`
	no, results, duration := false, 4, 60.5
	for _, tc := range []struct {
		name string
		p    Payload
		want string
	}{
		{"upgrade", EnrollmentUpgrade{"verified"}, `{"mode": "verified"}`},
		{"mail", EmailSettings{true, "c"}, `{"receive_emails": "yes", "course": "c"}`},
		{"no mail", EmailSettings{false, "c"}, `{"receive_emails": "no", "course": "c"}`},
		{"setting", SettingChanged{7, "auth_userprofile", "year_of_birth", nil, 1990}, `{"user_id": 7, "table": "auth_userprofile", "setting": "year_of_birth", "old": null, "new": 1990, "truncated": []}`},
		{"long setting", SettingChanged{7, "t", "goals", "", strings.Repeat("g", 2001)}, `{"user_id": 7, "table": "t", "setting": "goals", "old": "", "new": "` + strings.Repeat("g", 2000) + `", "truncated": ["new"]}`},
		{"check refused", ProblemAnswers{"p", Answers{"a_2_1": []string{"x", "y"}}, FailureClosed, state}, `{"problem_id": "p", "answers": {"a_2_1": ["x", "y"]}, "failure": "closed", "state": ` + stateText + `}`},
		{"saved", ProblemAnswers{ProblemID: "p", State: state}, `{"problem_id": "p", "answers": {}, "state": ` + stateText + `}`},
		{"reset refused", Reset{ProblemID: "p", Old: state, Failure: FailureNotDone}, `{"problem_id": "p", "old_state": ` + stateText + `, "failure": "not_done"}`},
		{"rescore refused", RescoreFailure{"p", "mira", "unanswered", state, ""}, `{"problem_id": "p", "student": "mira", "failure": "unanswered", "state": ` + stateText + `}`},
		{"demand hint", DemandHint{"p", 0, 2, "look"}, `{"module_id": "p", "hint_index": 0, "hint_len": 2, "hint_text": "look"}`},
		{
			"feedback",
			Feedback{"p", "p_2_1", "single", false, []string{"choice_1"}, "multiplechoiceresponse", []string{"choice_0", "choice_1"}, []Hint{{Text: "no"}, {"both", []any{"choice_0"}}}, "Incorrect:"},
			`{"module_id": "p", "problem_part_id": "p_2_1", "trigger_type": "single", "correctness": false, "student_answer": ["choice_1"], "question_type": "multiplechoiceresponse", ` +
				`"choice_all": ["choice_0", "choice_1"], "hints": [{"text": "no"}, {"text": "both", "trigger": ["choice_0"]}], "hint_label": "Incorrect:"}`,
		},
		{"completed", Completed{"p"}, `{"module_id": "p"}`},
		{"passed", cause, `{` + common + `}`},
		{"rescored", ProblemRegraded{cause, "p", 1, 2, true, "9", false}, `{` + common + `, "problem_id": "p", "new_weighted_earned": 1, "new_weighted_possible": 2, "only_if_higher": true, "instructor_id": "9"}`},
		{"overridden", ProblemRegraded{cause, "p", 1, 2, false, "9", true}, `{` + common + `, "problem_id": "p", "weighted_earned": 1, "weighted_possible": 2, "only_if_higher": false, "instructor_id": "9"}`},
		{"state deleted", ProblemStateDeleted{cause, "p", "9"}, `{` + common + `, "problem_id": "p", "instructor_id": "9"}`},
		{
			"subsection",
			SubsectionGrade{GradeCause: cause, BlockID: "b", CourseVersion: "v", FirstAttempted: &at, SubtreeEdited: at, VisibleBlocksHash: "h", GradedEarned: 0.5, GradedPossible: 1, TotalEarned: 1.5, TotalPossible: 2},
			`{` + common + `, "block_id": "b", "course_version": "v", "first_attempted": "2017-01-12T10:30:00+00:00", "subtree_edited_timestamp": "2017-01-12T10:30:00+00:00", ` +
				`"visible_blocks_hash": "h", "weighted_graded_earned": 0.5, "weighted_graded_possible": 1, "weighted_total_earned": 1.5, "weighted_total_possible": 2}`,
		},
		{
			"course",
			CourseGrade{cause, at, "v", "h", 0.62, "Pass"},
			`{` + common + `, "course_edited_timestamp": "2017-01-12T10:30:00+00:00", "course_version": "v", "grading_policy_hash": "h", "percent_grade": 0.62, "letter_grade": "Pass"}`,
		},
		{"tool", Tool{"c", "courseware", true}, `{"course_id": "c", "tool_name": "courseware", "is_staff": true}`},
		{"jump", JumpNav{"Lab", "a", "b", "nav"}, `{"target_name": "Lab", "id": "a", "current_id": "b", "widget_placement": "nav"}`},
		{"video", Video{ID: "v", Code: "html5", Duration: &duration, Language: "de"}, `{"id": "v", "code": "html5", "duration": 60.5, "language": "de"}`},
		{"bookmark", Bookmark{"mira,b", "vertical", "b", "c"}, `{"bookmark_id": "mira,b", "component_type": "vertical", "component_usage_id": "b", "course_id": "c"}`},
		{"bookmarks", BookmarkList{3, 1, 10, ""}, `{"bookmarks_count": 3, "list_type": "all_courses", "page_number": 1, "page_size": 10}`},
		{"bookmarks of a course", BookmarkList{3, 1, 10, "c"}, `{"bookmarks_count": 3, "list_type": "per_course", "page_number": 1, "page_size": 10, "course_id": "c"}`},
		{"search", Search{"cell", 0, 20, &results}, `{"search_term": "cell", "page_size": 20, "page_number": 0, "results_count": 4}`},
		{"show", ProblemShown{"p"}, `{"problem": "p"}`},
		{"book", Book{"gotopage", 1, 5, "/static/a.pdf", "textbook.pdf.page.loaded"}, `{"type": "gotopage", "old": 1, "new": 5, "chapter": "/static/a.pdf", "name": "textbook.pdf.page.loaded"}`},
		{"zoom", PDF{Name: PDFZoomMenu, Chapter: "a.pdf", Page: 2, Amount: "1.5"}, `{"name": "textbook.pdf.zoom.menu.changed", "chapter": "a.pdf", "page": 2, "amount": "1.5"}`},
		{
			"next match",
			PDF{Name: PDFSearchNext, Chapter: "a.pdf", Page: 2, Search: &PDFSearchState{"cell", true, false, "", &no}},
			`{"name": "textbook.pdf.search.navigatednext", "chapter": "a.pdf", "page": 2, "query": "cell", "caseSensitive": true, "highlightAll": false, "status": "", "findprevious": false}`,
		},
	} {
		if got := string(tc.p.AppendPayload(nil)); got != tc.want {
			t.Errorf("%s:\ngot  %s\nwant %s", tc.name, got, tc.want)
		}
	}
}

func TestLegacyAndTask(t *testing.T) {
	t.Parallel()
	m := decoded(t, Legacy(Request{UserID: 7}, ChangeEmailSettings, PageDashboard, EmailSettings{true, "c"}).AppendJSON(nil))
	if _, named := m["name"]; named || m["page"] != "dashboard" || m["event_type"] != "change-email-settings" {
		t.Errorf("legacy: %v", m)
	}
	m = decoded(t, Task(Request{}, ProblemRescored, nil).AppendJSON(nil))
	for _, k := range []string{"session", "referer", "accept_language", "name"} {
		if _, ok := m[k]; ok {
			t.Errorf("task event has %s", k)
		}
	}
	if m["username"] != "unknown" || m["page"] != "x_module_task" || m["event_source"] != "task" {
		t.Errorf("task: %v", m)
	}
	var r Recorder
	r.Emit(t.Context(), Component(Request{}, ProblemCompleted, Module{"Q", "b", "lib", "v"}, nil, Completed{"b"}))
	if got := r.Lines(); len(got) != 1 || !strings.Contains(got[0], `"module": {"display_name": "Q", "usage_key": "b", "original_usage_key": "lib", "original_usage_version": "v"}, "course_user_tags": {}`) {
		t.Errorf("recorder: %v", got)
	}
}
