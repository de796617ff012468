package tracking

// Chosen is a block that a learner is shown, or is shown no more, of several.
type Chosen struct {
	Usage           string
	Original        string // the library's block it is a copy of, "" for none
	OriginalVersion string
	Below           []Chosen // what it holds, without further Below
}

// Choice is the payload of LibraryAssigned, LibraryRemoved and those of item banks. Added goes with the first, Removed and Reason with the
// second.
type Choice struct {
	Location          string
	Added, Removed    []Chosen
	Reason            string // invalid or overlimit
	Result            []Chosen
	Before, MostShown int // how many were shown, and how many may be; -1 for all
}

// Why a block is not shown any more.
const (
	ChoiceInvalid   = "invalid"
	ChoiceOverLimit = "overlimit"
)

type chosen struct {
	Usage    string    `json:"usage_key"`
	Original *string   `json:"original_usage_key"`
	Version  *string   `json:"original_usage_version"`
	Below    *[]chosen `json:"descendants,omitempty"`
}

func chosenList(list []Chosen, nested bool) []chosen {
	out := make([]chosen, len(list))
	for i, c := range list {
		out[i].Usage = c.Usage
		if c.Original != "" {
			out[i].Original = &c.Original
		}
		if c.OriginalVersion != "" {
			out[i].Version = &c.OriginalVersion
		}
		if !nested {
			below := chosenList(c.Below, true)
			out[i].Below = &below
		}
	}
	return out
}

// AppendPayload implements Payload.
func (p Choice) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("location", p.Location)
	if p.Reason == "" {
		o.Value("added", chosenList(p.Added, false))
	} else {
		o.Value("removed", chosenList(p.Removed, false))
		o.Str("reason", p.Reason)
	}
	o.Value("result", chosenList(p.Result, false))
	o.Int("previous_count", int64(p.Before))
	o.Int("max_count", int64(p.MostShown))
	return o.End()
}
