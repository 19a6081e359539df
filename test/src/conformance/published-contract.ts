const leaves = (names: string): Record<string, null> => Object.fromEntries(names.split(' ').map((name) => [name, null]));

/** The wire contract of protocol v1's published integration states (wire page, section 13): names and nesting, no types. */
export const PUBLISHED_CONTRACT = {
  garage: {
    root: 'GarageState',
    classes: {
      GarageState: {
        ...leaves('capacity_gb data_avail_gb healthy hostname node_id object_count version zone'),
        admin_metrics: 'GarageAdminMetric',
        buckets: 'GarageBucket',
        keys: 'GarageKeyRef',
        peers: 'GaragePeer',
      },
      GarageBucket: {
        ...leaves(
          'alias id object_count quota_max_objects quota_max_size_bytes size_bytes unfinished_upload_bytes unfinished_uploads',
        ),
        ...leaves('website_access website_error_document website_index_document'),
        keys: 'GarageKeyRef',
      },
      GarageKeyRef: leaves('bucket_local_aliases key_id key_name permissions'),
      GaragePeer: leaves('address capacity_gb data_avail_gb data_avail_percent healthy hostname node_id version zone'),
      GarageAdminMetric: leaves('calls_per_sec p95_latency_ms sample_count target_node_id'),
    },
  },
} as const;
