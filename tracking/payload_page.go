package tracking

// The payloads of this file are those of pages. Scripts post most of them; the types are the contract the scripts are held to, and what tests compare with.

// SequenceMove is the payload of SeqGoto, SeqNext and SeqPrev, and of their newer names. Old and New are positions in the subsection, from 1; zero leaves a number out.
type SequenceMove struct {
	Old, New   int
	CurrentTab int
	TargetTab  int
	TabCount   int
	Placement  string // top or bottom; "" leaves it out
	ID         string // of the subsection
}

// AppendPayload implements Payload.
func (p SequenceMove) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.optInt("old", p.Old)
	o.optInt("new", p.New)
	o.optInt("current_tab", p.CurrentTab)
	o.optInt("target_tab", p.TargetTab)
	o.optInt("tab_count", p.TabCount)
	o.OptStr("widget_placement", p.Placement)
	o.Str("id", p.ID)
	return o.End()
}

func (o *Object) optInt(name string, v int) {
	if v != 0 {
		o.Int(name, int64(v))
	}
}

// Link is the payload of LinkClicked and OutlineSelected; Name and Placement are the latter's.
type Link struct {
	Current, Target string // addresses
	Name, Placement string
}

// AppendPayload implements Payload.
func (p Link) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("current_url", p.Current)
	o.Str("target_url", p.Target)
	o.OptStr("target_name", p.Name)
	o.OptStr("widget_placement", p.Placement)
	return o.End()
}

// JumpNav is the payload of JumpNavSelected.
type JumpNav struct{ Name, ID, CurrentID, Placement string }

// AppendPayload implements Payload.
func (p JumpNav) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("target_name", p.Name)
	o.Str("id", p.ID)
	o.Str("current_id", p.CurrentID)
	o.Str("widget_placement", p.Placement)
	return o.End()
}

// Tool is the payload of ToolAccessed.
type Tool struct {
	CourseID, Name string
	Staff          bool
}

// AppendPayload implements Payload.
func (p Tool) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("course_id", p.CourseID)
	o.Str("tool_name", p.Name)
	o.Bool("is_staff", p.Staff)
	return o.End()
}

// How a learner moved in a video.
const (
	SeekByCaption = "onCaptionSeek"
	SeekBySlider  = "onSlideSeek"
	SeekBySkip    = "onSkipSeek"
)

// Video is the payload of video events. What an event does not have is nil or "".
type Video struct {
	ID       string   // html id of the component
	Code     string   // YouTube id, html5, mobile
	Duration *float64 // seconds

	CurrentTime        *float64 // play, pause, stop, transcripts
	CurrentTimeSnake   *float64 // the same under its other name: speed change, closed captions
	OldTime, NewTime   *float64 // seek
	Type               string   // seek
	OldSpeed, NewSpeed string   // speed change
	Language           string   // caption menu
}

// AppendPayload implements Payload.
func (p Video) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("id", p.ID)
	o.Str("code", p.Code)
	o.OptNum("duration", p.Duration)
	o.OptNum("currentTime", p.CurrentTime)
	o.OptNum("current_time", p.CurrentTimeSnake)
	o.OptNum("old_time", p.OldTime)
	o.OptNum("new_time", p.NewTime)
	o.OptStr("type", p.Type)
	o.OptStr("old_speed", p.OldSpeed)
	o.OptStr("new_speed", p.NewSpeed)
	o.OptStr("language", p.Language)
	return o.End()
}

// ProblemShown is the payload of BrowserShow.
type ProblemShown struct{ Problem string }

// AppendPayload implements Payload.
func (p ProblemShown) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("problem", p.Problem)
	return o.End()
}

// Graded is the payload of BrowserGraded: the form that was sent and the HTML that came back.
type Graded struct{ Form, HTML string }

// AppendPayload implements Payload.
func (p Graded) AppendPayload(b []byte) []byte { return appendList(b, []string{p.Form, p.HTML}) }

// Bookmark is the payload of BookmarkAdded, BookmarkRemoved (with CourseID) and BookmarkAccessed (without).
type Bookmark struct{ ID, ComponentType, ComponentUsage, CourseID string }

// AppendPayload implements Payload.
func (p Bookmark) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("bookmark_id", p.ID)
	o.Str("component_type", p.ComponentType)
	o.Str("component_usage_id", p.ComponentUsage)
	o.OptStr("course_id", p.CourseID)
	return o.End()
}

// BookmarkList is the payload of BookmarkListed. Without a CourseID it is the list of all courses.
type BookmarkList struct {
	Count, Page, PageSize int
	CourseID              string
}

// AppendPayload implements Payload.
func (p BookmarkList) AppendPayload(b []byte) []byte {
	kind := "all_courses"
	if p.CourseID != "" {
		kind = "per_course"
	}
	o := Begin(b)
	o.Int("bookmarks_count", int64(p.Count))
	o.Str("list_type", kind)
	o.Int("page_number", int64(p.Page))
	o.Int("page_size", int64(p.PageSize))
	o.OptStr("course_id", p.CourseID)
	return o.End()
}

// Search is the payload of SearchInitiated and, with Results set, SearchResultsDisplayed.
type Search struct {
	Term           string
	Page, PageSize int
	Results        *int // nil leaves the field out
}

// AppendPayload implements Payload.
func (p Search) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("search_term", p.Term)
	o.Int("page_size", int64(p.PageSize))
	o.Int("page_number", int64(p.Page))
	if p.Results != nil {
		o.Int("results_count", int64(*p.Results))
	}
	return o.End()
}

// Book is the payload of BookPage.
type Book struct {
	Type     string // gotopage, prevpage, nextpage
	Old, New int    // pages
	Chapter  string // address of the file
	Name     string // textbook.pdf.page.loaded or .navigatednext
}

// AppendPayload implements Payload.
func (p Book) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("type", p.Type)
	o.Int("old", int64(p.Old))
	o.Int("new", int64(p.New))
	o.Str("chapter", p.Chapter)
	o.Str("name", p.Name)
	return o.End()
}

// PDF is the payload of the textbook.pdf events; Name is the event's own. What an event does not have is "" or nil.
type PDF struct {
	Name, Chapter  string
	Page           int // zero leaves it out
	ThumbnailTitle string
	ChapterTitle   string
	Direction      string // in, out, up, down
	Amount         string // of zoom
	Search         *PDFSearchState
}

// PDFSearchState is what the search events of a textbook add.
type PDFSearchState struct {
	Query                       string
	CaseSensitive, HighlightAll bool
	Status                      string
	FindPrevious                *bool // only where the reader went on to another place
}

// AppendPayload implements Payload.
func (p PDF) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("name", p.Name)
	o.Str("chapter", p.Chapter)
	o.optInt("page", p.Page)
	o.OptStr("thumbnail_title", p.ThumbnailTitle)
	o.OptStr("chapter_title", p.ChapterTitle)
	o.OptStr("direction", p.Direction)
	o.OptStr("amount", p.Amount)
	if s := p.Search; s != nil {
		o.Str("query", s.Query)
		o.Bool("caseSensitive", s.CaseSensitive)
		o.Bool("highlightAll", s.HighlightAll)
		o.Str("status", s.Status)
		if s.FindPrevious != nil {
			o.Bool("findprevious", *s.FindPrevious)
		}
	}
	return o.End()
}
