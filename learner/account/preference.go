package account

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"golang.org/x/text/language"

	"lyceum/internal/fault"
	"lyceum/internal/pg"
	"lyceum/learner"
)

const (
	preferenceMax  = 4096 // characters of a value
	preferencesMax = 200  // of one person
)

var preferenceKey = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,255}$`)

// Preferences returns a person's settings by key.
func (s *Service) Preferences(ctx context.Context, who learner.ID) (map[string]string, error) {
	return selectPreferences(ctx, s.db, who)
}

func selectPreferences(ctx context.Context, q pg.Querier, who learner.ID) (map[string]string, error) {
	rows, err := q.Query(ctx, `SELECT key, value FROM account_preference WHERE user_id = $1`, who)
	if err != nil {
		return nil, fmt.Errorf("select preferences: %w", err)
	}
	got := make(map[string]string)
	var key, value string
	_, err = pgx.ForEachRow(rows, []any{&key, &value}, func() error {
		got[key] = value
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("select preferences: %w", err)
	}
	return got, nil
}

// SetPreferences changes some settings, all or none; a nil value removes one.
func (s *Service) SetPreferences(ctx context.Context, who learner.ID, values map[string]*string) error {
	refused := fault.Invalidf("preferences refused")
	for key, value := range values {
		if message := checkPreference(key, value); message != "" {
			refused.Field(key, message)
		}
	}
	if len(refused.Fields) > 0 {
		return refused
	}
	var changes []SettingChange
	err := s.change(ctx, who, refresh, func(tx pgx.Tx, _ Account) error {
		old, err := selectPreferences(ctx, tx, who)
		if err != nil {
			return err
		}
		for key, value := range values {
			was, had := old[key]
			d := SettingChange{User: who, Table: "user_api_userpreference", Setting: key}
			if had {
				d.Old = was
			}
			if value != nil {
				d.New = *value
			}
			if d.Old == d.New {
				continue
			}
			if value == nil {
				err = deletePreference(ctx, tx, who, key)
			} else {
				old[key] = *value
				err = upsertPreference(ctx, tx, who, key, *value)
			}
			if err != nil {
				return err
			}
			changes = append(changes, d)
		}
		if len(old) > preferencesMax {
			return fault.Invalidf("%d preferences", len(old)).Say("account.preference.many")
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, d := range changes {
		s.changed(ctx, d)
	}
	return nil
}

// checkPreference knows the keys that we read ourselves; others are the clients' own.
func checkPreference(key string, value *string) string {
	if !preferenceKey.MatchString(key) {
		return "account.field.unknown"
	}
	if value == nil {
		return ""
	}
	if utf8.RuneCountInString(*value) > preferenceMax || !utf8.ValidString(*value) || strings.ContainsRune(*value, 0) {
		return "account.field.form"
	}
	switch key {
	case "pref-lang":
		if _, err := language.Parse(*value); err != nil {
			return "account.field.option"
		}
	case "time_zone":
		if _, err := time.LoadLocation(*value); err != nil || *value == "" || *value == "Local" {
			return "account.field.option"
		}
	case "account_privacy":
		if *value != "private" && *value != "all_users" && *value != "custom" {
			return "account.field.option"
		}
	}
	return ""
}

func upsertPreference(ctx context.Context, q pg.Querier, who learner.ID, key, value string) error {
	const query = `
		INSERT INTO account_preference (user_id, key, value) VALUES (@user, @key, @value)
		ON CONFLICT (user_id, key) DO UPDATE SET value = excluded.value`
	if _, err := q.Exec(ctx, query, pgx.StrictNamedArgs{"user": who, "key": key, "value": value}); err != nil {
		return fmt.Errorf("set preference: %w", err)
	}
	return nil
}

func deletePreference(ctx context.Context, q pg.Querier, who learner.ID, key string) error {
	if _, err := q.Exec(ctx, `DELETE FROM account_preference WHERE user_id = $1 AND key = $2`, who, key); err != nil {
		return fmt.Errorf("delete preference: %w", err)
	}
	return nil
}
