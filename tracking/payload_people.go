package tracking

// Enrollment is the payload of enrollment events. UserID is whose enrollment it is, who may be another than the request's.
type Enrollment struct {
	CourseID string
	UserID   int64
	Mode     string // for a change, the new one
}

// AppendPayload implements Payload.
func (p Enrollment) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("course_id", p.CourseID)
	o.Int("user_id", p.UserID)
	o.Str("mode", p.Mode)
	return o.End()
}

// EnrollmentUpgrade is the payload of EnrollmentUpgradeSucceeded.
type EnrollmentUpgrade struct{ Mode string }

// AppendPayload implements Payload.
func (p EnrollmentUpgrade) AppendPayload(b []byte) []byte {
	o := Begin(b)
	o.Str("mode", p.Mode)
	return o.End()
}

// EmailSettings is the payload of ChangeEmailSettings.
type EmailSettings struct {
	Receive  bool
	CourseID string
}

// AppendPayload implements Payload.
func (p EmailSettings) AppendPayload(b []byte) []byte {
	o := Begin(b)
	receive := "no"
	if p.Receive {
		receive = "yes"
	}
	o.Str("receive_emails", receive)
	o.Str("course", p.CourseID)
	return o.End()
}

// maxSetting is the longest text of an account setting that an event keeps, in characters.
const maxSetting = 2000

// SettingChanged is the payload of UserSettingsChanged. Old and New are text, numbers, lists or nil; text beyond 2,000 characters is cut and named.
type SettingChanged struct {
	UserID   int64
	Table    string // where the setting is kept
	Setting  string
	Old, New any
}

// AppendPayload implements Payload.
func (p SettingChanged) AppendPayload(b []byte) []byte {
	truncated := []string{}
	short := func(name string, v any) any {
		s, ok := v.(string)
		if !ok {
			return v
		}
		n := 0
		for i := range s {
			if n++; n > maxSetting {
				truncated = append(truncated, name)
				return s[:i]
			}
		}
		return s
	}
	was, is := short("old", p.Old), short("new", p.New)
	o := Begin(b)
	o.Int("user_id", p.UserID)
	o.Str("table", p.Table)
	o.Str("setting", p.Setting)
	o.Value("old", was)
	o.Value("new", is)
	o.Value("truncated", truncated)
	return o.End()
}
