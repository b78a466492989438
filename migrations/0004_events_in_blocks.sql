-- Related resources are written for 256 events at a time, when the first event of the next block comes: each of them stands in a place of its
-- own of the index, so one event after the other would cost several pages each. Who searches looks through the events of the last block as well.
CREATE TRIGGER tr_event__relate_block AFTER INSERT ON event
WHEN new.position / 256 > (SELECT coalesce(max(position), 0) FROM event WHERE position < new.position) / 256
BEGIN
  INSERT INTO event_related (resource_id, occurred, position, role)
  SELECT r.value ->> '$."prefect.resource.id"', e.occurred, e.position, r.value ->> '$."prefect.resource.role"'
  FROM event e, json_each(e.related) r
  WHERE e.position >= (SELECT coalesce(max(position), 0) FROM event WHERE position < new.position) / 256 * 256
    AND e.position < new.position / 256 * 256
    AND r.value ->> '$."prefect.resource.id"' IS NOT NULL AND r.value ->> '$."prefect.resource.role"' IS NOT NULL
  ON CONFLICT DO NOTHING; END;
