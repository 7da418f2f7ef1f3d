"""When and where jobs are published: approvals, and jobs that afsync publishes at their time."""
