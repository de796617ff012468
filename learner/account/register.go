package account

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"lyceum/internal/fault"
	"lyceum/internal/limit"
	"lyceum/internal/pg"
)

// Registration is what a person sends to get an account.
type Registration struct {
	Username string
	Email    string
	Name     string
	Password string
	Honor    bool              // agrees to the honor code and the terms
	Profile  map[string]string // optional fields by their names in ProfileFields; "" counts as absent

	// Repeat says that the same registration may have been sent a moment ago, by a double click or after a lost line: then it is answered as
	// the first was. Without it every use of a name in use is a Conflict.
	Repeat bool

	// Replaces is the session the browser had; it ends.
	Replaces SessionID
}

// repeatTime is how long after a registration another of the same counts as its repetition.
const repeatTime = 5 * time.Minute

// Registered is the outcome of a registration. SignedIn has no id where the site wants the address confirmed first, or is quiet.
type Registered struct {
	SignedIn
	MustConfirm bool
}

// Register makes an account, sends the letter that confirms its address and signs in. Bad fields give an Invalid error with a message
// beside each; names and addresses in use give Conflict in the same form.
func (s *Service) Register(ctx context.Context, from From, r Registration) (Registered, error) {
	if s.config.Closed {
		return Registered{}, fault.Closedf("registration is closed").Say("account.register.closed")
	}
	r.Email, r.Name = NormalizeEmail(r.Email), normalizeName(r.Name)
	if err := s.checkRegistration(r); err != nil {
		return Registered{}, err
	}
	if err := s.mayRegister(ctx, from); err != nil {
		return Registered{}, err
	}
	taken, err := s.taken(ctx, r.Username, r.Email)
	if err != nil {
		return Registered{}, err
	}
	if s.config.Quiet && len(taken) == 1 && taken["email"] != "" {
		return s.registerAgain(ctx, from, r)
	}
	if len(taken) == 2 && r.Repeat {
		if got, ok, err := s.repeated(ctx, from, r); ok || err != nil {
			return got, err
		}
	}
	if len(taken) > 0 {
		return Registered{}, takenError(taken)
	}
	encoded, err := s.hasher.hash(ctx, r.Password)
	if err != nil {
		return Registered{}, err
	}
	got, err := s.insertRegistered(ctx, from, r, encoded)
	if fault.Is(err, fault.Conflict) && r.Repeat { // both clicks arrived at once
		if again, ok, err := s.repeated(ctx, from, r); ok || err != nil {
			return again, err
		}
	}
	return got, err
}

// insertRegistered stores what Register has checked.
func (s *Service) insertRegistered(ctx context.Context, from From, r Registration, encoded string) (Registered, error) {
	out := Registered{MustConfirm: s.config.MustConfirm || s.config.Quiet}
	out.Remembered = true
	var ended [][]byte
	err := pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
		a, err := insertAccount(ctx, tx, Account{Username: r.Username, Email: r.Email, Name: r.Name, password: encoded, Joined: s.clock.Now()})
		if err != nil {
			return err
		}
		out.Account = a
		from.Actor = a.ID
		if err := insertProfile(ctx, tx, a.ID, r.Profile); err != nil {
			return err
		}
		if from.Language != "" {
			if err := upsertPreference(ctx, tx, a.ID, "pref-lang", from.Language); err != nil {
				return err
			}
		}
		letter := from
		if !out.MustConfirm {
			letter.Onward = "" // the person goes on without the letter
		}
		if err := s.sendActivationTx(ctx, tx, a, letter); err != nil {
			return err
		}
		if err := record(ctx, tx, from, "registered", a.ID, nil, nil); err != nil {
			return err
		}
		if out.MustConfirm {
			return nil
		}
		if hash, ok := r.Replaces.hash(); ok {
			if _, ended, err = endFamily(ctx, tx, hash, LMS); err != nil {
				return err
			}
		}
		out.ID, err = s.openTx(ctx, tx, opening{account: a, face: LMS, remembered: true, from: from})
		return err
	})
	if err != nil {
		return Registered{}, takenByConstraint(err)
	}
	s.forget(ctx, ended)
	return out, nil
}

// repeated answers a registration that has been done a moment ago: same names, same password. It is a sign-in, with all its limits.
func (s *Service) repeated(ctx context.Context, from From, r Registration) (got Registered, ok bool, err error) {
	a, ok, err := selectAccount(ctx, s.db, byEmail, r.Email)
	if err != nil || !ok || a.Username != r.Username || s.clock.Now().Sub(a.Joined) > repeatTime || s.config.MustConfirm {
		return Registered{}, false, err
	}
	in, err := s.SignIn(ctx, from, Credentials{Login: r.Email, Password: r.Password, Remember: true, Replaces: r.Replaces})
	if fault.Is(err, fault.Unauthenticated) {
		return Registered{}, false, nil
	}
	return Registered{SignedIn: in}, err == nil, err
}

// registerAgain answers, on a quiet site, a registration with an address in use: the owner gets a letter, the caller the usual words in
// the usual time.
func (s *Service) registerAgain(ctx context.Context, from From, r Registration) (Registered, error) {
	if _, err := s.hasher.hash(ctx, r.Password); err != nil {
		return Registered{}, err
	}
	a, ok, err := selectAccount(ctx, s.db, byEmail, r.Email)
	if err != nil || !ok {
		return Registered{MustConfirm: true}, err
	}
	if _, ok := s.limiter.Take(ctx, mailToAccount, accountKey(a.ID)); ok {
		err = pgx.BeginFunc(ctx, s.db, func(tx pgx.Tx) error {
			return s.sendTx(ctx, tx, LetterAlreadyHere, a, a.Email, "", newSecret(12), from)
		})
	}
	return Registered{MustConfirm: true}, err
}

// checkRegistration checks each field by itself.
func (s *Service) checkRegistration(r Registration) error {
	refused := fault.Invalidf("registration refused")
	put := func(field, message string) {
		if message != "" {
			refused.Field(field, message)
		}
	}
	put("email", checkEmail(r.Email))
	put("username", checkUsername(r.Username))
	put("name", checkName(r.Name))
	put("password", checkPassword(r.Password, identity{r.Username, r.Email, r.Name, s.config.SiteName}))
	if !r.Honor {
		put("honor_code", "account.honor.missing")
	}
	for _, f := range ProfileFields {
		value := r.Profile[f.Name]
		switch rule := s.config.Fields[f.Name]; {
		case value != "":
			put(f.Name, f.check(value))
		case rule == Required:
			put(f.Name, "account.field.missing")
		}
	}
	if len(refused.Fields) > 0 {
		return refused
	}
	return nil
}

// mayRegister applies the limits of an address.
func (s *Service) mayRegister(ctx context.Context, from From) error {
	if err := s.byAddress(ctx, registration, from.Address); err != nil {
		return err
	}
	if s.challenge == nil || !from.Address.IsValid() {
		return nil
	}
	if _, ok := s.limiter.Take(ctx, challengeFree, limit.Address(from.Address)); !ok {
		return s.challenge(ctx, from)
	}
	return nil
}

// taken tells which of a username and an address are in use, as messages by field.
func (s *Service) taken(ctx context.Context, username, email string) (map[string]string, error) {
	const query = `
		SELECT coalesce(bool_or(username_key = @username), false), coalesce(bool_or(email = @email), false)
		FROM   account
		WHERE  username_key = @username OR email = @email`
	var byName, byAddress bool
	args := pgx.StrictNamedArgs{"username": fold(username), "email": NormalizeEmail(email)}
	if err := s.db.QueryRow(ctx, query, args).Scan(&byName, &byAddress); err != nil {
		return nil, fmt.Errorf("look for username and address: %w", err)
	}
	fields := make(map[string]string)
	if byName {
		fields["username"] = "account.username.taken"
	}
	if byAddress {
		fields["email"] = "account.email.taken"
	}
	return fields, nil
}

func takenError(fields map[string]string) error {
	return &fault.Error{Kind: fault.Conflict, Message: "account.register.taken", Fields: fields}
}

// takenByConstraint turns the refusal of a row, after a lost race, into what the check before would have said.
func takenByConstraint(err error) error {
	switch pg.Violates(err) {
	case "account_username_key_key":
		return takenError(map[string]string{"username": "account.username.taken"})
	case "account_email_key":
		return takenError(map[string]string{"email": "account.email.taken"})
	}
	return err
}

// insertAccount stores a new account and returns it with its id.
func insertAccount(ctx context.Context, q pg.Querier, a Account) (Account, error) {
	const query = `
		INSERT INTO account (username, username_key, email, name, password, is_active, is_staff, is_superuser, joined_at)
		VALUES (@username, @key, @email, @name, @password, @active, @staff, @superuser, @joined)
		RETURNING id`
	err := q.QueryRow(ctx, query, pgx.StrictNamedArgs{
		"username": a.Username, "key": fold(a.Username), "email": a.Email, "name": a.Name, "password": a.password,
		"active": a.Active, "staff": a.Staff, "superuser": a.Superuser, "joined": a.Joined,
	}).Scan(&a.ID)
	if err != nil {
		return Account{}, fmt.Errorf("insert account: %w", err)
	}
	return a, nil
}

// ValidateField says, while a person types a registration, what is wrong with one field: a message id, or "". values are the other
// fields typed so far. It tells whether names and addresses are in use, each time at the cost of one registration of the address.
func (s *Service) ValidateField(ctx context.Context, from From, field string, values map[string]string) (string, error) {
	value := values[field]
	switch field {
	case "name":
		return checkName(normalizeName(value)), nil
	case "password":
		return checkPassword(value, identity{values["username"], NormalizeEmail(values["email"]), normalizeName(values["name"]), s.config.SiteName}), nil
	case "username":
		if message := checkUsername(value); message != "" {
			return message, nil
		}
		return s.validateTaken(ctx, from, field, value, "")
	case "email":
		if message := checkEmail(NormalizeEmail(value)); message != "" || s.config.Quiet {
			return message, nil
		}
		return s.validateTaken(ctx, from, field, "", value)
	}
	for _, f := range ProfileFields {
		if f.Name != field {
			continue
		}
		if value == "" {
			if s.config.Fields[f.Name] == Required {
				return "account.field.missing", nil
			}
			return "", nil
		}
		return f.check(value), nil
	}
	return "", nil
}

func (s *Service) validateTaken(ctx context.Context, from From, field, username, email string) (string, error) {
	if err := s.leftByAddress(ctx, registration, from.Address); err != nil {
		return "", err
	}
	taken, err := s.taken(ctx, username, email)
	if err != nil || taken[field] == "" {
		return "", err
	}
	return taken[field], s.byAddress(ctx, registration, from.Address)
}
