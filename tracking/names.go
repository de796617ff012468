package tracking

// Names of server events. Those without a constant belong to rooms that are not built yet.
const (
	EnrollmentActivated        = "edx.course.enrollment.activated"
	EnrollmentDeactivated      = "edx.course.enrollment.deactivated"
	EnrollmentModeChanged      = "edx.course.enrollment.mode_changed"
	EnrollmentUpgradeSucceeded = "edx.course.enrollment.upgrade.succeeded"
	UserSettingsChanged        = "edx.user.settings.changed"
	ChangeEmailSettings        = "change-email-settings" // written by Legacy, page dashboard

	ProblemChecked           = "problem_check"
	ProblemCheckFailed       = "problem_check_fail"
	ProblemSaved             = "save_problem_success"
	ProblemSaveFailed        = "save_problem_fail"
	ProblemReset             = "reset_problem"
	ProblemResetFailed       = "reset_problem_fail"
	ProblemAnswerShown       = "showanswer"
	ProblemRescored          = "problem_rescore"
	ProblemRescoreFailed     = "problem_rescore_fail"
	ProblemDemandHint        = "edx.problem.hint.demandhint_displayed"
	ProblemFeedbackDisplayed = "edx.problem.hint.feedback_displayed"
	ProblemCompleted         = "edx.problem.completed"

	LibraryAssigned  = "edx.librarycontentblock.content.assigned"
	LibraryRemoved   = "edx.librarycontentblock.content.removed"
	ItemBankAssigned = "edx.itembankblock.content.assigned"
	ItemBankRemoved  = "edx.itembankblock.content.removed"

	GradesProblemSubmitted     = "edx.grades.problem.submitted"
	GradesProblemRescored      = "edx.grades.problem.rescored"
	GradesProblemOverridden    = "edx.grades.problem.score_overridden"
	GradesProblemStateDeleted  = "edx.grades.problem.state_deleted"
	GradesSubsectionCalculated = "edx.grades.subsection.grade_calculated"
	GradesCourseCalculated     = "edx.grades.course.grade_calculated"
	CoursePassedFirstTime      = "edx.course.grade.passed.first_time"
	CourseNowPassed            = "edx.course.grade.now_passed"
	CourseNowFailed            = "edx.course.grade.now_failed"

	BookmarkAdded   = "edx.bookmark.added"
	BookmarkRemoved = "edx.bookmark.removed"
	BookmarkListed  = "edx.bookmark.listed"

	SearchInitiated        = "edx.course.search.initiated"
	SearchResultsDisplayed = "edx.course.search.results_displayed"

	IndexReindexed = "edx.course.index.reindexed"
	IndexPublished = "edx.course.index.published"
)

// Types of browser events in their older form. They have no name.
const (
	SeqGoto          = "seq_goto"
	SeqNext          = "seq_next"
	SeqPrev          = "seq_prev"
	PageClose        = "page_close"
	VideoLoad        = "load_video"
	VideoPlay        = "play_video"
	VideoPause       = "pause_video"
	VideoStop        = "stop_video"
	VideoSeek        = "seek_video"
	VideoSpeed       = "speed_change_video"
	VideoComplete    = "complete_video"
	TranscriptShow   = "show_transcript"
	TranscriptHide   = "hide_transcript"
	CaptionMenuShow  = "video_show_cc_menu"
	CaptionMenuHide  = "video_hide_cc_menu"
	BrowserCheck     = "problem_check"
	BrowserGraded    = "problem_graded"
	BrowserSave      = "problem_save"
	BrowserReset     = "problem_reset"
	BrowserShow      = "problem_show"
	BookPage         = "book"
	PDFThumbnails    = "textbook.pdf.thumbnails.toggled"
	PDFOutline       = "textbook.pdf.outline.toggled"
	PDFPage          = "textbook.pdf.page.navigated"
	PDFThumbnail     = "textbook.pdf.thumbnail.navigated"
	PDFChapter       = "textbook.pdf.chapter.navigated"
	PDFZoomButtons   = "textbook.pdf.zoom.buttons.changed"
	PDFZoomMenu      = "textbook.pdf.zoom.menu.changed"
	PDFScaled        = "textbook.pdf.display.scaled"
	PDFScrolled      = "textbook.pdf.page.scrolled"
	PDFSearch        = "textbook.pdf.search.executed"
	PDFSearchNext    = "textbook.pdf.search.navigatednext"
	PDFHighlight     = "textbook.pdf.search.highlight.toggled"
	PDFCaseSensitive = "textbook.pdf.search.casesensitivity.toggled"
)

// Names of browser events that have one.
const (
	TabSelected      = "edx.ui.lms.sequence.tab_selected"
	NextSelected     = "edx.ui.lms.sequence.next_selected"
	PreviousSelected = "edx.ui.lms.sequence.previous_selected"
	OutlineSelected  = "edx.ui.lms.outline.selected"
	LinkClicked      = "edx.ui.lms.link_clicked"
	JumpNavSelected  = "edx.ui.lms.jump_nav.selected"
	ToolAccessed     = "edx.course.tool.accessed"
	BookmarkAccessed = "edx.bookmark.accessed"
	CaptionsShown    = "edx.video.closed_captions.shown"
	CaptionsHidden   = "edx.video.closed_captions.hidden"
)

// BrowserNames are the names a browser event may carry, with the older type each is written under; "" keeps the name as the type. Nothing else a browser says
// becomes a name, so that no page can pass its event off as one of the server's.
var BrowserNames = map[string]string{
	TabSelected:      SeqGoto,
	NextSelected:     SeqNext,
	PreviousSelected: SeqPrev,
	OutlineSelected:  "",
	LinkClicked:      "",
	JumpNavSelected:  "",
	ToolAccessed:     "",
	BookmarkAccessed: "",

	"edx.video.loaded":               VideoLoad,
	"edx.video.played":               VideoPlay,
	"edx.video.paused":               VideoPause,
	"edx.video.stopped":              VideoStop,
	"edx.video.position.changed":     VideoSeek,
	"edx.video.transcript.shown":     TranscriptShow,
	"edx.video.transcript.hidden":    TranscriptHide,
	"edx.video.language_menu.shown":  CaptionMenuShow,
	"edx.video.language_menu.hidden": CaptionMenuHide,
	CaptionsShown:                    "",
	CaptionsHidden:                   "",

	"edx.video.bumper.loaded":                 "",
	"edx.video.bumper.played":                 "",
	"edx.video.bumper.stopped":                "",
	"edx.video.bumper.skipped":                "",
	"edx.video.bumper.dismissed":              "",
	"edx.video.bumper.transcript.shown":       "",
	"edx.video.bumper.transcript.hidden":      "",
	"edx.video.bumper.transcript.menu.shown":  "",
	"edx.video.bumper.transcript.menu.hidden": "",

	"edx.course.enrollment.upgrade.clicked":      "",
	"edx.course.search.result_selected":          "",
	"edx.course.student_notes.added":             "",
	"edx.course.student_notes.edited":            "",
	"edx.course.student_notes.deleted":           "",
	"edx.course.student_notes.viewed":            "",
	"edx.course.student_notes.notes_page_viewed": "",
	"edx.course.student_notes.searched":          "",
	"edx.course.student_notes.used_unit_link":    "",
	"edx.googlecomponent.calendar.displayed":     "",
	"edx.googlecomponent.document.displayed":     "",
	"edx.team.page_viewed":                       "",
	"edx.certificate.evidence_visited":           "",
	"edx.badge.assertion.shared":                 "",
	"edx.badge.assertion.evidence_visited":       "",
	"edx.instructor.report.downloaded":           "",
}
