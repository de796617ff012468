// Package team keeps who teaches: the roles of people in a course, in an organization and in the whole site.
// Roles are rows in PostgreSQL; what a role allows is decided by those who ask, see learner/access.
package team
