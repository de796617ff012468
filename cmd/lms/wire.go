package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/redis/go-redis/v9"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"

	"lyceum/component"
	"lyceum/component/choice"
	"lyceum/component/container"
	"lyceum/component/html"
	"lyceum/component/problem"
	"lyceum/component/unknown"
	"lyceum/component/video"
	"lyceum/course"
	"lyceum/course/contentstore"
	"lyceum/course/modulestore"
	"lyceum/grading/submission"
	"lyceum/internal/cache"
	"lyceum/internal/embedded"
	"lyceum/internal/pg"
	"lyceum/learner"
	"lyceum/learner/completion"
	"lyceum/learner/courseware"
	"lyceum/learner/state"
	"lyceum/migrations"
)

// stores are the open connections of one run.
type stores struct {
	config   config
	embedded *embedded.Stores // nil when every store is configured
	made     string           // data directory where a new site was made in this run, "" for none
	pgURL    string
	pool     *pgxpool.Pool
	lanes    *pg.Lanes // beside pool
	mongo    *mongo.Client
	db       *mongo.Database
	redis    *cache.Redis
	courses  *modulestore.Store
	files    *contentstore.Store
	kinds    *component.Kinds
}

// openStores opens everything a command needs. Stores of its own are made only for what may make a site, see mayMake.
func openStores(env *environment, to use) (s *stores, err error) {
	c, err := loadConfig(env.getenv)
	if err != nil {
		return nil, err
	}
	s = &stores{config: c}
	defer func() {
		if err != nil {
			s.close(env)
		}
	}()
	needs := embedded.Needs{Postgres: c.PostgresURL == "", Mongo: c.MongoURL == "", Redis: c.RedisURL == ""}
	if needs.Postgres || needs.Mongo {
		if s.made, err = env.mayMake(to); err != nil {
			return s, err
		}
	}
	mongoURL, redisURL := c.MongoURL, c.RedisURL
	s.pgURL = c.PostgresURL
	if needs != (embedded.Needs{}) {
		open := embedded.OpenWith
		if to == toServe {
			open = embedded.StartWith
		}
		s.embedded, err = open(env.ctx, env.data, env.log, embedded.Options{Needs: needs, PostgresBin: env.getenv("LMS_POSTGRES_BIN")})
		if err != nil {
			return s, err
		}
		if needs.Postgres {
			s.pgURL = s.embedded.PostgresURL
		}
		if needs.Mongo {
			mongoURL = s.embedded.MongoURL
		}
		if needs.Redis {
			redisURL = s.embedded.RedisURL
		}
	}
	if s.pool, err = pg.Open(env.ctx, s.pgURL); err != nil {
		if !needs.Postgres {
			err = fmt.Errorf("LMS_POSTGRES_URL: %w; is it right, and the server up?", err)
		}
		return s, err
	}
	s.lanes = pg.NewLanes(s.pool)
	if s.db, s.mongo, err = openMongo(env.ctx, mongoURL); err != nil {
		return s, err
	}
	if redisURL != "" {
		quietRedis()
		if s.redis, err = cache.Open(redisURL); err != nil {
			return s, fmt.Errorf("LMS_REDIS_URL, want redis://host:port: %w", err)
		}
		s.redis.Changed = func(away bool, err error) {
			if away {
				env.log.Warn("Redis is away; sessions and limits go on without it, a little slower", "err", err)
			} else {
				env.log.Info("Redis is back")
			}
		}
	}
	if s.made != "" && to == toMake {
		fmt.Fprintf(env.err, "a new site was made in %s\n", s.made)
	}
	return s, nil
}

// quietRedis keeps the driver from writing to standard error by itself: what matters of it comes back as errors.
var quietRedis = sync.OnceFunc(func() { redis.SetLogger(silent{}) })

type silent struct{}

// Printf writes nothing.
func (silent) Printf(context.Context, string, ...any) {}

// openMongo connects to the document store; the database is the one the address names, or lyceum.
func openMongo(ctx context.Context, url string) (*mongo.Database, *mongo.Client, error) {
	o := options.Client().ApplyURI(url).SetServerSelectionTimeout(2 * time.Second).SetAppName("lyceum")
	if err := o.Validate(); err != nil {
		return nil, nil, fmt.Errorf("LMS_MONGO_URL: %w", err)
	}
	client, err := mongo.Connect(o)
	if err != nil {
		return nil, nil, fmt.Errorf("open MongoDB: %w", err)
	}
	if err := client.Ping(ctx, readpref.Primary()); err != nil {
		return nil, client, fmt.Errorf("MongoDB does not answer; is LMS_MONGO_URL right, and the server up? %w", err)
	}
	name := "lyceum"
	if cs, err := connstring.Parse(url); err == nil && cs.Database != "" {
		name = cs.Database
	}
	return client.Database(name), client, nil
}

// prepare checks or brings up the schema and opens the rooms that keep content. migrate applies pending migrations; without
// it an older schema is refused.
func (s *stores) prepare(env *environment, migrate bool) error {
	pending, err := migrations.Pending(env.ctx, s.pool)
	if err != nil {
		return err
	}
	if len(pending) > 0 {
		if !migrate {
			return errors.New("the database schema is older than this program: run lms migrate, or serve with --migrate")
		}
		if _, err := migrations.Up(env.ctx, s.pgURL, env.log); err != nil {
			return err
		}
	}
	if s.files, err = contentstore.Open(env.ctx, s.db, contentstore.Options{Dir: filepath.Join(env.data, "cache", "files"), Logger: env.log}); err != nil {
		return err
	}
	if s.kinds == nil {
		s.kinds = kinds(nil, nil, nil, nil)
	}
	s.courses, err = modulestore.Open(env.ctx, s.db, modulestore.Options{
		Describe: s.kinds.Describe, Files: s.files.Manifest, Budget: s.config.CacheBytes, Logger: env.log, KeepDeleted: s.config.KeepDeleted,
	})
	return err
}

// close ends all connections, and the private stores when this process runs them.
func (s *stores) close(env *environment) {
	if s.lanes != nil {
		s.lanes.Close()
	}
	if s.pool != nil {
		s.pool.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	if s.mongo != nil {
		if err := s.mongo.Disconnect(ctx); err != nil {
			env.log.Warn("close MongoDB", "err", err)
		}
	}
	if s.redis != nil {
		s.redis.Close()
	}
	if s.embedded != nil {
		if err := s.embedded.Stop(ctx); err != nil {
			env.log.Warn("stop stores", "err", err)
		}
	}
}

// openFile opens a course file by its normalized name.
type openFile func(ctx context.Context, c *course.Compiled, name string) (io.ReadCloser, error)

// kinds is the list of the kinds of blocks this program knows. The services may be nil for commands that only describe
// blocks.
func kinds(open openFile, db *pgxpool.Pool, done *completion.Store, answers *submission.Service) *component.Kinds {
	v := video.Kind{Open: open}
	var keep container.Keeper
	if db != nil {
		states := state.New(db)
		v.Merge = func(ctx context.Context, user learner.ID, n *course.Node, members json.RawMessage, now time.Time) error {
			var b pgx.Batch
			state.QueueMerge(&b, user, n.Key.Course, n.Key, members, now)
			return db.SendBatch(ctx, &b).Close()
		}
		keep.SetPosition = func(ctx context.Context, user learner.ID, c course.Key, at course.UsageKey, position int, now time.Time) error {
			return states.SetPositions(ctx, user, c, []state.Place{{Container: at, Position: position}}, now)
		}
	}
	library, bank := choice.Kind{Tag: "library_content"}, choice.Kind{Tag: "itembank"}
	if db != nil {
		loader := &courseware.Loader{DB: db}
		library.Rechoose, bank.Rechoose = loader.Rechoose, loader.Rechoose
	}
	if done != nil {
		v.Publish, keep.PublishViewed = done.Publish, done.PublishViewed
	}
	sequence := func(tag string, fields ...course.Field) component.Kind {
		return container.Sequence{Kind: container.Kind{Tag: tag, Fields: fields}, Keeper: keep}
	}
	return component.NewKinds(
		unknown.Kind{},
		html.Kind{}, html.Kind{Tag: "text"}, html.Kind{Tag: "announcement"},
		v, library, bank,
		problem.New(answers, 64<<20, problem.OpenFile(open)),
		container.Kind{Tag: "course"}, container.Kind{Tag: "chapter", Fields: course.ChapterFields},
		sequence("sequential", course.SequentialFields...), sequence("vertical"), sequence("unit"),
		sequence("videosequence"), sequence("problemset"), sequence("section"), sequence("wrapper"), sequence("timelimit"), sequence("proctor"),
	)
}

// pingCache asks Redis whether it is there.
func (s *stores) pingCache(ctx context.Context) error {
	return s.redis.Do(ctx, func(ctx context.Context, c redis.Cmdable) error { return c.Ping(ctx).Err() })
}
