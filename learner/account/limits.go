package account

import (
	"context"
	"encoding/hex"
	"net/netip"
	"strconv"
	"time"

	"lyceum/internal/fault"
	"lyceum/internal/limit"
	"lyceum/learner"
)

// A school of a thousand sits behind one address, so the limits of an address are wide.
var (
	signInDelay   = limit.Delay{Name: "signin", Free: 5, Max: 5 * time.Minute, Forget: time.Hour}
	signInFailed  = limit.Rule{Name: "signin-address", Count: 300, Per: 15 * time.Minute}
	mailToAccount = limit.Rule{Name: "mail-account", Count: 5, Per: time.Hour}
	mailByAddress = limit.Rule{Name: "mail-address", Count: 100, Per: time.Hour}
	registration  = limit.Rule{Name: "register", Count: 200, Per: time.Hour}
	challengeFree = limit.Rule{Name: "register-free", Count: 50, Per: time.Hour} // registrations an hour without a challenge
)

// tooMany says when to come back.
func tooMany(what string, wait time.Duration) error {
	return fault.TooManyf("too many: %s", what).Say("account.too_many").After(wait)
}

// byAddress takes one of an address's share.
func (s *Service) byAddress(ctx context.Context, rule limit.Rule, a netip.Addr) error {
	if !a.IsValid() { // the command line
		return nil
	}
	if wait, ok := s.limiter.Take(ctx, rule, limit.Address(a)); !ok {
		return tooMany(rule.Name, wait)
	}
	return nil
}

// leftByAddress is byAddress without taking.
func (s *Service) leftByAddress(ctx context.Context, rule limit.Rule, a netip.Addr) error {
	if !a.IsValid() {
		return nil
	}
	if wait, ok := s.limiter.Look(ctx, rule, limit.Address(a)); !ok {
		return tooMany(rule.Name, wait)
	}
	return nil
}

// accountKey names an account in counters.
func accountKey(who learner.ID) string { return "id:" + strconv.FormatInt(int64(who), 10) }

// loginCounter names what somebody signs in as in counters: the account, by whichever of its names, or the name nobody has.
func loginCounter(a Account, ok bool, login string) string {
	if ok {
		return accountKey(a.ID)
	}
	_, value := loginKey(login)
	return "name:" + hex.EncodeToString(hashSecret(value))
}
