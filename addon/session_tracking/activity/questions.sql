-- Written by python -m session_tracking.activity.compiling

-- question: trail
SELECT
  "t0"."time",
  "t0"."cs_method" AS "method",
  "t0"."cs_uri_stem" AS "page",
  "t0"."cs_uri_query" AS "query",
  "t0"."sc_status" AS "status"
FROM "log" AS "t0"
ORDER BY
  "t0"."time" ASC,
  "t0"."line" ASC

-- question: cookies
SELECT
  *
FROM (
  SELECT
    "t11"."cookie",
    SUM("t11"."issued") AS "issued",
    SUM("t11"."returned") AS "returned",
    SUM("t11"."hits") AS "hits",
    MIN("t11"."first_seen") AS "first_seen",
    MAX("t11"."last_seen") AS "last_seen"
  FROM (
    SELECT
      *
    FROM (
      SELECT
        "t8"."cookie",
        "t8"."hits",
        "t8"."first_seen",
        "t8"."last_seen",
        0 AS "issued",
        "t8"."hits" AS "returned"
      FROM (
        SELECT
          "t6"."hits",
          "t6"."first_seen",
          "t6"."last_seen",
          "t6"."pair",
          CASE
            WHEN STARTS_WITH("t6"."pair", '+')
            THEN SUBSTRING(
              "t6"."pair",
              CASE WHEN (
                1 + 1
              ) >= 1 THEN 1 + 1 ELSE 1 + 1 + LENGTH("t6"."pair") END
            )
            ELSE "t6"."pair"
          END AS "cookie"
        FROM (
          SELECT
            "t4"."hits",
            "t4"."first_seen",
            "t4"."last_seen",
            UNNEST(STR_SPLIT("t4"."field", ';')) AS "pair"
          FROM (
            SELECT
              "t2"."cs_cookie" AS "field",
              COUNT(*) AS "hits",
              MIN("t2"."time") AS "first_seen",
              MAX("t2"."time") AS "last_seen"
            FROM (
              SELECT
                *
              FROM "log" AS "t0"
              WHERE
                "t0"."cs_cookie" IS NOT NULL
            ) AS "t2"
            GROUP BY
              1
          ) AS "t4"
        ) AS "t6"
      ) AS "t8"
      WHERE
        "t8"."cookie" <> '' AND STARTS_WITH("t8"."cookie", $prefix::VARCHAR)
    ) AS "t10"
    UNION ALL
    SELECT
      *
    FROM (
      SELECT
        "t7"."cookie",
        "t7"."hits",
        "t7"."first_seen",
        "t7"."last_seen",
        "t7"."hits" AS "issued",
        0 AS "returned"
      FROM (
        SELECT
          "t5"."hits",
          "t5"."first_seen",
          "t5"."last_seen",
          "t5"."pair",
          CASE
            WHEN STARTS_WITH("t5"."pair", '+')
            THEN SUBSTRING(
              "t5"."pair",
              CASE WHEN (
                1 + 1
              ) >= 1 THEN 1 + 1 ELSE 1 + 1 + LENGTH("t5"."pair") END
            )
            ELSE "t5"."pair"
          END AS "cookie"
        FROM (
          SELECT
            "t3"."hits",
            "t3"."first_seen",
            "t3"."last_seen",
            UNNEST(STR_SPLIT("t3"."field", ';')) AS "pair"
          FROM (
            SELECT
              "t1"."issued" AS "field",
              COUNT(*) AS "hits",
              MIN("t1"."time") AS "first_seen",
              MAX("t1"."time") AS "last_seen"
            FROM (
              SELECT
                *
              FROM "log" AS "t0"
              WHERE
                "t0"."issued" IS NOT NULL
            ) AS "t1"
            GROUP BY
              1
          ) AS "t3"
        ) AS "t5"
      ) AS "t7"
      WHERE
        "t7"."cookie" <> '' AND STARTS_WITH("t7"."cookie", $prefix::VARCHAR)
    ) AS "t9"
  ) AS "t11"
  GROUP BY
    1
) AS "t12"
ORDER BY
  "t12"."hits" DESC,
  "t12"."first_seen" ASC,
  "t12"."cookie" ASC

-- question: sessions
SELECT
  "t2"."session_id",
  "t2"."first_seen",
  "t2"."last_seen",
  "t2"."hits",
  "t2"."landing_page",
  "t2"."exit_page",
  CAST(EPOCH(CAST("t2"."last_seen" AS TIMESTAMP)) AS BIGINT) - CAST(EPOCH(CAST("t2"."first_seen" AS TIMESTAMP)) AS BIGINT) AS "duration_s"
FROM (
  SELECT
    "t1"."session_id",
    MIN("t1"."time") AS "first_seen",
    MAX("t1"."time") AS "last_seen",
    COUNT(*) AS "hits",
    ARG_MIN_NULL("t1"."cs_uri_stem", "t1"."key") AS "landing_page",
    ARG_MAX_NULL("t1"."cs_uri_stem", "t1"."key") AS "exit_page"
  FROM (
    SELECT
      "t0"."session_id",
      "t0"."time",
      "t0"."cs_uri_stem",
      (
        (
          CAST(EPOCH(CAST("t0"."time" AS TIMESTAMP)) AS BIGINT) - 946684800
        ) * 4294967296
      ) + "t0"."line" AS "key"
    FROM "log" AS "t0"
    WHERE
      "t0"."session_id" IS NOT NULL
  ) AS "t1"
  GROUP BY
    1
) AS "t2"
ORDER BY
  "t2"."hits" DESC,
  "t2"."first_seen" ASC,
  "t2"."session_id" ASC

-- question: pages
SELECT
  *
FROM (
  SELECT
    "t0"."cs_uri_stem" AS "page",
    COUNT(*) AS "hits",
    COUNT(DISTINCT "t0"."session_id") AS "sessions",
    SUM(CASE WHEN "t0"."sc_status" >= 400 THEN 1 ELSE 0 END) AS "errors",
    MIN("t0"."time") AS "first_seen",
    MAX("t0"."time") AS "last_seen"
  FROM "log" AS "t0"
  GROUP BY
    1
) AS "t1"
ORDER BY
  "t1"."hits" DESC,
  "t1"."page" ASC

-- question: timeline
SELECT
  *
FROM (
  SELECT
    "t2"."span",
    SUM("t2"."hits") AS "hits",
    COUNT("t2"."session_id") AS "sessions",
    SUM("t2"."new") AS "new_sessions"
  FROM (
    SELECT
      "t1"."span",
      "t1"."session_id",
      COUNT(*) AS "hits",
      SUM("t1"."new") AS "new"
    FROM (
      SELECT
        "t0"."session_id",
        CAST(EPOCH(CAST("t0"."time" AS TIMESTAMP)) AS BIGINT) - (
          CAST(EPOCH(CAST("t0"."time" AS TIMESTAMP)) AS BIGINT) % $every::BIGINT
        ) AS "span",
        CASE WHEN "t0"."x_session_event" = 'new' THEN 1 ELSE 0 END AS "new"
      FROM "log" AS "t0"
      WHERE
        "t0"."time" IS NOT NULL
    ) AS "t1"
    GROUP BY
      1,
      2
  ) AS "t2"
  GROUP BY
    1
) AS "t3"
ORDER BY
  "t3"."span" ASC

-- question: landings
SELECT
  *
FROM (
  SELECT
    "t3"."landing_page" AS "page",
    COUNT(*) AS "sessions",
    SUM(CASE WHEN "t3"."hits" = 1 THEN 1 ELSE 0 END) AS "single_hit",
    SUM("t3"."hits") AS "hits"
  FROM (
    SELECT
      "t2"."session_id",
      "t2"."first_seen",
      "t2"."last_seen",
      "t2"."hits",
      "t2"."landing_page",
      "t2"."exit_page",
      CAST(EPOCH(CAST("t2"."last_seen" AS TIMESTAMP)) AS BIGINT) - CAST(EPOCH(CAST("t2"."first_seen" AS TIMESTAMP)) AS BIGINT) AS "duration_s"
    FROM (
      SELECT
        "t1"."session_id",
        MIN("t1"."time") AS "first_seen",
        MAX("t1"."time") AS "last_seen",
        COUNT(*) AS "hits",
        ARG_MIN_NULL("t1"."cs_uri_stem", "t1"."key") AS "landing_page",
        ARG_MAX_NULL("t1"."cs_uri_stem", "t1"."key") AS "exit_page"
      FROM (
        SELECT
          "t0"."session_id",
          "t0"."time",
          "t0"."cs_uri_stem",
          (
            (
              CAST(EPOCH(CAST("t0"."time" AS TIMESTAMP)) AS BIGINT) - 946684800
            ) * 4294967296
          ) + "t0"."line" AS "key"
        FROM "log" AS "t0"
        WHERE
          "t0"."session_id" IS NOT NULL
      ) AS "t1"
      GROUP BY
        1
    ) AS "t2"
  ) AS "t3"
  GROUP BY
    1
) AS "t4"
ORDER BY
  "t4"."sessions" DESC,
  "t4"."page" ASC

-- question: anomalies
WITH "t1" AS (
  SELECT
    *
  FROM "log" AS "t0"
  WHERE
    "t0"."session_id" IS NOT NULL AND "t0"."c_ip" IS NOT NULL
)
SELECT
  *
FROM (
  SELECT
    *
  FROM (
    SELECT
      'refusing' AS "kind",
      "t7"."c_ip" AS "subject",
      "t7"."count",
      "t7"."first_seen",
      "t7"."last_seen"
    FROM (
      SELECT
        "t3"."c_ip",
        SUM(CASE WHEN "t3"."x_session_event" = 'new' THEN 1 ELSE 0 END) AS "count",
        SUM(CASE WHEN "t3"."x_session_event" = 'new' THEN 0 ELSE 1 END) AS "returned",
        MIN("t3"."time") AS "first_seen",
        MAX("t3"."time") AS "last_seen"
      FROM "t1" AS "t3"
      GROUP BY
        1
    ) AS "t7"
    WHERE
      "t7"."count" >= $addresses::BIGINT AND "t7"."returned" = 0
  ) AS "t10"
  UNION ALL
  SELECT
    *
  FROM (
    SELECT
      *
    FROM (
      SELECT
        'many-addresses' AS "kind",
        "t5"."session_id" AS "subject",
        "t5"."count",
        "t5"."first_seen",
        "t5"."last_seen"
      FROM (
        SELECT
          "t3"."session_id",
          COUNT(DISTINCT "t3"."c_ip") AS "count",
          MIN("t3"."time") AS "first_seen",
          MAX("t3"."time") AS "last_seen"
        FROM "t1" AS "t3"
        GROUP BY
          1
      ) AS "t5"
      WHERE
        "t5"."count" >= $addresses::BIGINT
    ) AS "t8"
    UNION ALL
    SELECT
      *
    FROM (
      SELECT
        'forged' AS "kind",
        "t4"."c_ip" AS "subject",
        "t4"."count",
        "t4"."first_seen",
        "t4"."last_seen"
      FROM (
        SELECT
          "t2"."c_ip",
          COUNT(*) AS "count",
          MIN("t2"."time") AS "first_seen",
          MAX("t2"."time") AS "last_seen"
        FROM (
          SELECT
            *
          FROM "log" AS "t0"
          WHERE
            "t0"."x_session_event" = 'forged' AND "t0"."c_ip" IS NOT NULL
        ) AS "t2"
        GROUP BY
          1
      ) AS "t4"
    ) AS "t6"
  ) AS "t9"
) AS "t11"
ORDER BY
  "t11"."kind" ASC,
  "t11"."count" DESC,
  "t11"."subject" ASC
