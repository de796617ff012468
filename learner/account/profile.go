package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"golang.org/x/text/language"

	"lyceum/internal/fault"
	"lyceum/internal/pg"
	"lyceum/learner"
)

// Profile is what a person tells about themselves. A nil field was not told.
type Profile struct {
	LevelOfEducation *string           `db:"level_of_education"` // p m b a hs jhs el none other
	Gender           *string           `db:"gender"`             // m f o
	YearOfBirth      *int              `db:"year_of_birth"`
	Country          *string           `db:"country"` // ISO 3166-1, two capitals
	City             *string           `db:"city"`
	MailingAddress   *string           `db:"mailing_address"`
	Goals            *string           `db:"goals"`
	Bio              *string           `db:"bio"`
	Language         *string           `db:"language"`
	Proficiencies    []string          `db:"language_proficiencies"` // language codes
	SocialLinks      map[string]string `db:"social_links"`           // address by platform
}

// EducationLevels are what a profile can say of education, in the order of the form.
var EducationLevels = []string{"p", "m", "b", "a", "hs", "jhs", "el", "none", "other"}

// Genders are what a profile can say of gender, in the order of the form.
var Genders = []string{"f", "m", "o"}

// SocialPlatforms are the places a profile may link to, with the hosts that may be linked.
var SocialPlatforms = map[string][]string{
	"facebook": {"facebook.com"},
	"linkedin": {"linkedin.com"},
	"twitter":  {"twitter.com", "x.com"},
}

// ProfileField is one field a person may fill in.
type ProfileField struct {
	Name    string   // in forms and APIs, and the column
	Options []string // the values it may have; nil for free text

	check func(value string) string // message id, "" when the value may be kept
}

// ProfileFields are the fields of one value, in the order of forms. Which of them registration asks for is the site's choice.
var ProfileFields = []ProfileField{
	{Name: "country", check: checkCountry},
	{Name: "city", check: checkLine(255)},
	{Name: "year_of_birth", check: checkYear},
	{Name: "gender", Options: Genders, check: checkOption(Genders)},
	{Name: "level_of_education", Options: EducationLevels, check: checkOption(EducationLevels)},
	{Name: "language", check: checkLine(255)},
	{Name: "mailing_address", check: checkProse(3000)},
	{Name: "goals", check: checkProse(3000)},
	{Name: "bio", check: checkProse(3000)},
}

var countryPattern = regexp.MustCompile(`^[A-Z]{2}$`)

func checkCountry(value string) string {
	region, err := language.ParseRegion(value)
	if !countryPattern.MatchString(value) || err != nil || !region.IsCountry() {
		return "account.field.option"
	}
	return ""
}

func checkYear(value string) string {
	year, err := strconv.Atoi(value)
	if err != nil || year < 1880 || year > time.Now().Year() {
		return "account.field.year"
	}
	return ""
}

func checkOption(options []string) func(string) string {
	return func(value string) string {
		if !slices.Contains(options, value) {
			return "account.field.option"
		}
		return ""
	}
}

func checkLine(most int) func(string) string {
	return func(value string) string {
		if !cleanLine(value) {
			return "account.field.form"
		}
		return tooLong(value, most)
	}
}

func checkProse(most int) func(string) string {
	return func(value string) string {
		if !cleanText(value) {
			return "account.field.form"
		}
		return tooLong(value, most)
	}
}

func tooLong(value string, most int) string {
	if utf8.RuneCountInString(value) > most {
		return "account.field.long"
	}
	return ""
}

// ProfileChange is a wish to change some fields; the others stay.
type ProfileChange struct {
	Name          *string
	Fields        map[string]*string // by the names of ProfileFields; nil or "" clears
	Proficiencies *[]string
	SocialLinks   *map[string]string // given platforms change, "" removes one
}

// Profile returns what a person told.
func (s *Service) Profile(ctx context.Context, who learner.ID) (Profile, error) {
	return selectProfile(ctx, s.db, who)
}

func selectProfile(ctx context.Context, q pg.Querier, who learner.ID) (Profile, error) {
	const query = `
		SELECT level_of_education, gender, year_of_birth, country, city, mailing_address, goals, bio, language,
		       language_proficiencies, social_links
		FROM   account_profile
		WHERE  user_id = $1`
	rows, err := q.Query(ctx, query, who)
	if err != nil {
		return Profile{}, fmt.Errorf("select profile: %w", err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Profile])
	if errors.Is(err, pgx.ErrNoRows) { // an account brought from elsewhere
		return Profile{}, nil
	}
	if err != nil {
		return Profile{}, fmt.Errorf("select profile: %w", err)
	}
	return p, nil
}

// Value returns a field of one value as text, "" when it was not told.
func (p Profile) Value(field string) string {
	text := func(v *string) string {
		if v == nil {
			return ""
		}
		return *v
	}
	switch field {
	case "level_of_education":
		return text(p.LevelOfEducation)
	case "gender":
		return text(p.Gender)
	case "year_of_birth":
		if p.YearOfBirth == nil {
			return ""
		}
		return strconv.Itoa(*p.YearOfBirth)
	case "country":
		return text(p.Country)
	case "city":
		return text(p.City)
	case "mailing_address":
		return text(p.MailingAddress)
	case "goals":
		return text(p.Goals)
	case "bio":
		return text(p.Bio)
	case "language":
		return text(p.Language)
	}
	return ""
}

// UpdateProfile changes a person's own fields, all or none.
func (s *Service) UpdateProfile(ctx context.Context, _ From, who learner.ID, c ProfileChange) error {
	if err := c.check(); err != nil {
		return err
	}
	var changes []SettingChange
	err := s.change(ctx, who, refresh, func(tx pgx.Tx, a Account) error {
		old, err := selectProfile(ctx, tx, who)
		if err != nil {
			return err
		}
		changes = c.differences(a, old)
		if err := ensureProfile(ctx, tx, who); err != nil {
			return err
		}
		return c.store(ctx, tx, who, old)
	})
	if err != nil {
		return err
	}
	for _, d := range changes {
		s.changed(ctx, d)
	}
	return nil
}

// check normalizes the name and refuses what may not be kept.
func (c *ProfileChange) check() error {
	refused := fault.Invalidf("profile refused")
	if c.Name != nil {
		name := normalizeName(*c.Name)
		c.Name = &name
		if message := checkName(name); message != "" {
			refused.Field("name", message)
		}
	}
	for name, value := range c.Fields {
		i := slices.IndexFunc(ProfileFields, func(f ProfileField) bool { return f.Name == name })
		if i < 0 {
			refused.Field(name, "account.field.unknown")
			continue
		}
		if value == nil || *value == "" {
			continue
		}
		if message := ProfileFields[i].check(*value); message != "" {
			refused.Field(name, message)
		}
	}
	if c.Proficiencies != nil && !goodLanguages(*c.Proficiencies) {
		refused.Field("language_proficiencies", "account.field.option")
	}
	if c.SocialLinks != nil {
		for platform, link := range *c.SocialLinks {
			if link != "" && !goodLink(platform, link) {
				refused.Field("social_links", "account.field.link")
			}
		}
	}
	if len(refused.Fields) > 0 {
		return refused
	}
	return nil
}

func goodLanguages(codes []string) bool {
	seen := make(map[string]bool)
	for _, code := range codes {
		if _, err := language.Parse(code); err != nil || len(code) > 16 || seen[code] {
			return false
		}
		seen[code] = true
	}
	return len(codes) <= 20
}

func goodLink(platform, link string) bool {
	hosts, ok := SocialPlatforms[platform]
	u, err := url.Parse(link)
	if !ok || err != nil || u.Scheme != "https" || u.User != nil || u.Port() != "" || len(link) > 255 || !cleanLine(link) {
		return false
	}
	return slices.ContainsFunc(hosts, func(host string) bool {
		return u.Host == host || strings.HasSuffix(u.Host, "."+host)
	})
}

// differences lists what would really change.
func (c *ProfileChange) differences(a Account, old Profile) []SettingChange {
	var all []SettingChange
	add := func(table, setting string, was, is any) {
		if !reflect.DeepEqual(was, is) {
			all = append(all, SettingChange{User: a.ID, Table: table, Setting: setting, Old: was, New: is})
		}
	}
	if c.Name != nil {
		add("auth_userprofile", "name", a.Name, *c.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(c.Fields)) {
		value := ""
		if v := c.Fields[name]; v != nil {
			value = *v
		}
		add("auth_userprofile", name, settingValue(name, old.Value(name)), settingValue(name, value))
	}
	if c.Proficiencies != nil {
		add("student_languageproficiency", "language_proficiencies", codeList(old.Proficiencies), codeList(*c.Proficiencies))
	}
	return all
}

// settingValue is a field's value as the event has it: null for none, a number for the year.
func settingValue(field, value string) any {
	if value == "" {
		return nil
	}
	if field == "year_of_birth" {
		if year, err := strconv.Atoi(value); err == nil {
			return year
		}
	}
	return value
}

func codeList(codes []string) []map[string]string {
	list := make([]map[string]string, 0, len(codes))
	for _, code := range codes {
		list = append(list, map[string]string{"code": code})
	}
	return list
}

// store writes the change; the profile's row exists.
func (c *ProfileChange) store(ctx context.Context, q pg.Querier, who learner.ID, old Profile) error {
	if c.Name != nil {
		if _, err := q.Exec(ctx, `UPDATE account SET name = $2 WHERE id = $1`, who, *c.Name); err != nil {
			return fmt.Errorf("update name: %w", err)
		}
	}
	args := pgx.NamedArgs{"user": who}
	var sets []string
	for _, f := range ProfileFields { // only these names become part of the statement
		value, ok := c.Fields[f.Name]
		if !ok {
			continue
		}
		text := ""
		if value != nil {
			text = *value
		}
		args[f.Name] = text
		sets = append(sets, setField(f.Name))
	}
	if c.Proficiencies != nil {
		args["proficiencies"] = *c.Proficiencies
		sets = append(sets, "language_proficiencies = @proficiencies")
	}
	if c.SocialLinks != nil {
		links := maps.Clone(old.SocialLinks)
		if links == nil {
			links = make(map[string]string)
		}
		for platform, link := range *c.SocialLinks {
			links[platform] = link
			if link == "" {
				delete(links, platform)
			}
		}
		text, err := json.Marshal(links)
		if err != nil {
			return fmt.Errorf("encode links: %w", err)
		}
		args["links"] = string(text)
		sets = append(sets, "social_links = @links::jsonb")
	}
	if len(sets) == 0 {
		return nil
	}
	if _, err := q.Exec(ctx, `UPDATE account_profile SET `+strings.Join(sets, ", ")+` WHERE user_id = @user`, args); err != nil {
		return fmt.Errorf("update profile: %w", err)
	}
	return nil
}

// setField is the assignment of a text argument to a column; "" is null.
func setField(name string) string {
	if name == "year_of_birth" {
		return "year_of_birth = nullif(@year_of_birth::text, '')::integer"
	}
	return name + " = nullif(@" + name + "::text, '')"
}

func ensureProfile(ctx context.Context, q pg.Querier, who learner.ID) error {
	if _, err := q.Exec(ctx, `INSERT INTO account_profile (user_id) VALUES ($1) ON CONFLICT DO NOTHING`, who); err != nil {
		return fmt.Errorf("insert profile: %w", err)
	}
	return nil
}

// insertProfile stores the fields of a registration, which are checked.
func insertProfile(ctx context.Context, q pg.Querier, who learner.ID, fields map[string]string) error {
	if err := ensureProfile(ctx, q, who); err != nil {
		return err
	}
	c := ProfileChange{Fields: make(map[string]*string)}
	for _, f := range ProfileFields {
		if value := fields[f.Name]; value != "" {
			c.Fields[f.Name] = &value
		}
	}
	return c.store(ctx, q, who, Profile{})
}
