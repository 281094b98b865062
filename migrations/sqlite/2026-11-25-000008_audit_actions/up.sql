-- What an organization's page of one kind of event needs, however rare the kind is in
-- that organization and however common in others: no statistics have to tell.
CREATE INDEX audit_events_of_organization_by_action
    ON audit_events (organization_id, action, occurred_at, id);
