package problem

import (
	"context"
	"fmt"

	"lyceum/component"
	"lyceum/course"
	"lyceum/internal/fault"
	"lyceum/learner"
)

// Waits reports whether an external grader still has to answer the request with the key for a learner's problem. It is cheap, and the first
// thing to ask about a reply: most who have no key shall cost nothing.
func (k *Kind) Waits(ctx context.Context, user learner.ID, c course.Key, n *course.Node, key string) (bool, error) {
	return k.service.Waits(ctx, user, c, n.Key, key)
}

// TakeReply takes what an external grader says of a learner's answer; key is that of the request. taken is false for a key nobody waits
// for: that changes nothing.
func (k *Kind) TakeReply(ctx context.Context, rt *component.Runtime, n *course.Node, key, reply string) (taken bool, err error) {
	a, err := k.asked(ctx, rt, n)
	if err != nil {
		return false, fault.Errorf(fault.Internal, "problem %s: %w", n.Key, err)
	}
	taken, err = k.service.TakeReply(ctx, a, key, reply)
	if err != nil {
		return false, fmt.Errorf("reply to %s: %w", n.Key, err)
	}
	return taken, nil
}

// GiveUp ends the waiting for a grader that will not answer; the learner reads the reason. taken is as for TakeReply.
func (k *Kind) GiveUp(ctx context.Context, rt *component.Runtime, n *course.Node, key, reason string) (taken bool, err error) {
	a, err := k.asked(ctx, rt, n)
	if err != nil {
		return false, fault.Errorf(fault.Internal, "problem %s: %w", n.Key, err)
	}
	taken, err = k.service.GiveUp(ctx, a, key, reason)
	if err != nil {
		return false, fmt.Errorf("give up %s: %w", n.Key, err)
	}
	return taken, nil
}
